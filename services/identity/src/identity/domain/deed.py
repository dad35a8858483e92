"""What somebody did because of a role: for the audit log, told in the write that did it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Deed(StrEnum):
    """What was done; each names an RPC (`adapters.events.DEEDS`)."""

    NETWORK_CREATED = "network_created"
    NETWORK_UPDATED = "network_updated"
    INVITE_CREATED = "invite_created"
    INVITE_REVOKED = "invite_revoked"
    HOLD_PLACED = "hold_placed"
    HOLD_LIFTED = "hold_lifted"
    ERASURE_HELD = "erasure_held"
    ERASURE_RELEASED = "erasure_released"
    ERASURE_ALLOWED = "erasure_allowed"
    SESSIONS_ENDED = "sessions_ended"


@dataclass(frozen=True, slots=True)
class Done:
    """Who did it and when; `subject_id` is whom it is about, None for the network as a whole."""

    deed: Deed
    by: UUID
    at: datetime
    subject_id: UUID | None = None
