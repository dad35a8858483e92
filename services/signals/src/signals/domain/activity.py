"""One thing a member did, or that happened to her: all that signals ever learns of anybody."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

HOUR = 3_600_000
DAY = 24 * HOUR


class InvalidActivity(ValueError):
    """The activity cannot be right, whatever the member's state: do not retry."""


class ActivityKind(IntEnum):
    """What kind of thing; the numbers are those of the event contract."""

    ASK = 1
    OFFER = 2
    SHARE = 3
    COMMENT = 4
    REACTION = 5
    MESSAGE_SENT = 6
    MESSAGE_READ = 7
    REPLY_RECEIVED = 8
    SESSION = 9
    STEP_DONE = 10
    CHECK_IN = 11
    SURVEY_SCORE = 12
    SIGNALS_CONSENT_GRANTED = 13
    SIGNALS_CONSENT_WITHDRAWN = 14
    MEMBER_ERASED = 15
    ENROLLED = 16
    POST_ANSWERED = 17


_VALUES = {
    ActivityKind.CHECK_IN: range(5),
    ActivityKind.SURVEY_SCORE: range(3, 10),
}
_LATEST = 253_402_300_800_000  # the year 10000; keeps all arithmetic on times exact in a double


@dataclass(frozen=True, slots=True)
class Activity:
    """`at` is event time in ms since 1970 UTC; for imported history long before it was recorded.

    `event_id` must always come in the same of its two forms, or a duplicate will not be known.
    Version 0 of a consent stands for a text that was shown elsewhere, before an import.
    A check-in is 0 (worst) to 4 (best); a survey score is the UCLA-3 sum, 3 to 9 (loneliest).
    """

    event_id: str | bytes
    kind: ActivityKind
    at: int
    peer_id: str | None = None
    reply_latency_ms: int | None = None
    value: int | None = None
    opens_turn: bool = False
    imported: bool = False
    consent_version: int = 0  # of the text that a decision was about

    def __post_init__(self) -> None:
        if not 0 < self.at < _LATEST:
            raise InvalidActivity(f"time {self.at} is not between 1970 and 9999")
        allowed = _VALUES.get(self.kind)
        if allowed is not None and self.value not in allowed:
            raise InvalidActivity(f"{self.kind.name} with the value {self.value}")
        latency = self.reply_latency_ms
        if latency is not None and latency < 0:
            raise InvalidActivity(f"answered {-latency} ms before it was asked")
        if self.consent_version < 0:
            raise InvalidActivity(f"a consent to version {self.consent_version}")
