"""Waiting to be let in: an account that is not a member's yet, and what an admin decides."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from common.errors import Invalid

MAX_NOTE = 500
DECLINED_KEPT = timedelta(days=30)
"""Long enough to be told why, at the door too; then the account goes by itself."""
UNDECIDED_KEPT, WARNED_AFTER = timedelta(days=30), timedelta(days=29)
"""An application nobody decides on goes by itself; she is told a day before."""


class DeclineReason(StrEnum):
    """Why somebody is not let in."""

    NOT_FOR_HER = "not_for_her"
    UNCONFIRMED = "unconfirmed"
    FULL = "full"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Admission:
    """Open until somebody decides; who is let in has none any more."""

    note: str = field(default="", repr=False)
    declined: DeclineReason | None = None
    remove_at: datetime | None = None

    def decline(self, reason: DeclineReason, now: datetime) -> Admission:
        """Not let in; what she said about herself is forgotten at once."""
        return Admission("", reason, now + DECLINED_KEPT)


def checked_note(text: str) -> str:
    """What somebody says about herself who asks to join. Raises Invalid."""
    if len(text) > MAX_NOTE or "\0" in text:
        raise Invalid(f"note has at most {MAX_NOTE} characters", field="note")
    return text.strip()
