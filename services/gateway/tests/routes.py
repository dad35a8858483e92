"""Every route of REST, each with one good request: the call it becomes, and the answer it gets."""

from __future__ import annotations

from services.gateway.tests.builders import Route
from services.gateway.tests.routes_audit import AUDIT
from services.gateway.tests.routes_care import OUTCOMES, PROGRAMS, SIGNALS
from services.gateway.tests.routes_export import EXPORT
from services.gateway.tests.routes_joining import JOINING
from services.gateway.tests.routes_leaving import LEAVING
from services.gateway.tests.routes_recovery import RECOVERY
from services.gateway.tests.routes_sessions import SESSIONS
from services.gateway.tests.routes_talk import COMMUNITY, IDENTITY, MESSAGING

ROUTES: list[Route] = [
    *SESSIONS, *IDENTITY, *LEAVING, *AUDIT, *COMMUNITY, *MESSAGING, *PROGRAMS, *OUTCOMES, *SIGNALS,
    *JOINING, *RECOVERY, *EXPORT,
]  # fmt: skip
