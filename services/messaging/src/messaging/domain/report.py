"""A report: a member tells moderators of what another wrote to her."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from common.errors import Invalid

MAX_WORDS = 2_000


class ReportReason(StrEnum):
    """Why something is reported."""

    HARASSMENT = "harassment"
    HATE = "hate"
    SEXUAL = "sexual"
    DANGER = "danger"
    HEALTH_ADVICE = "health_advice"
    SCAM = "scam"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Complaint:
    """What she says: of which message (None: of the whole conversation), why, and in her words."""

    message_id: UUID | None
    reason: ReportReason
    words: str

    def __post_init__(self) -> None:
        """Raise Invalid unless the words are within their limits."""
        if len(self.words) > MAX_WORDS or "\x00" in self.words:
            raise Invalid(f"text must have at most {MAX_WORDS} characters", field="text")


@dataclass(frozen=True, slots=True)
class Report:
    """A report of what `reported_ids` wrote. `sequence` is the message's place, 0 for none; what
    was said before `first` is not the reporter's to tell."""

    id: UUID
    conversation_id: UUID
    reporter_id: UUID
    reported_ids: tuple[UUID, ...]
    complaint: Complaint
    sequence: int
    created_at: datetime
    first: int = 1
