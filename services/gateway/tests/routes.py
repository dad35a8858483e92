"""Every route of REST, each with one good request: the call it becomes, and the answer it gets."""

from __future__ import annotations

from services.gateway.tests.builders import Route
from services.gateway.tests.routes_audit import AUDIT
from services.gateway.tests.routes_care import OUTCOMES, PROGRAMS, SIGNALS
from services.gateway.tests.routes_cases import CASES
from services.gateway.tests.routes_connections import CONNECTIONS
from services.gateway.tests.routes_consents import CONSENTS
from services.gateway.tests.routes_export import EXPORT
from services.gateway.tests.routes_groups import GROUPS
from services.gateway.tests.routes_holds import HOLDS
from services.gateway.tests.routes_joining import JOINING
from services.gateway.tests.routes_leaving import LEAVING
from services.gateway.tests.routes_passkeys import PASSKEYS
from services.gateway.tests.routes_presence import PRESENCE
from services.gateway.tests.routes_profiles import PROFILES
from services.gateway.tests.routes_recovery import RECOVERY
from services.gateway.tests.routes_resources import RESOURCES
from services.gateway.tests.routes_roles import ROLES
from services.gateway.tests.routes_seats import SEATS
from services.gateway.tests.routes_sessions import SESSIONS
from services.gateway.tests.routes_talk import COMMUNITY, IDENTITY, MESSAGING
from services.gateway.tests.routes_words import WORDS

ROUTES: list[Route] = [
    *SESSIONS, *IDENTITY, *LEAVING, *AUDIT, *CONSENTS, *COMMUNITY, *MESSAGING, *PROGRAMS,
    *OUTCOMES, *SIGNALS, *JOINING, *RECOVERY, *PROFILES, *ROLES, *PASSKEYS, *EXPORT, *CONNECTIONS,
    *HOLDS, *CASES, *SEATS, *WORDS, *PRESENCE, *GROUPS, *RESOURCES,
]  # fmt: skip
