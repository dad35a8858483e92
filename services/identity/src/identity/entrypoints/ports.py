"""What identity's gRPC services stand on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from common.auth import Access
from common.clock import Clock

from identity.adapters.consent_receipts import SignedReceipts
from identity.application.apply import Joining
from identity.application.change_roles import Roles
from identity.application.exporting import Exporting
from identity.application.leave import Leaving
from identity.application.outgoing_mail import Outgoing
from identity.application.passkeys import Passkeys
from identity.application.ports import Digest, Directory, Factors, Passwords, Tokens
from identity.application.profiles import ProfileBook
from identity.application.step_up import StepUp
from identity.application.throttle import Throttle
from identity.domain.text import Texts


@dataclass(frozen=True, slots=True)
class Ports:
    """What the services stand on."""

    directory: Directory
    passwords: Passwords
    tokens: Tokens
    clock: Clock
    throttle: Throttle
    factors: Factors
    codes: Digest  # of first admins' invites
    published: Callable[[], Awaitable[None]]  # returns when what was written is in the log
    leaving: Leaving
    profiles: ProfileBook
    roles: Roles
    passkeys: Passkeys
    joining: Joining
    outgoing: Outgoing
    texts: Texts
    receipts: SignedReceipts
    exporting: Exporting
    step_up: StepUp
    ahead: Callable[[Access], Awaitable[None]]
    """Tells the audit log of a write to many documents before it is done."""
