"""Time as a port, so that nothing but this module asks the machine what time it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The current time: UTC, cut to milliseconds as the database stores it."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """See Clock.now."""
        return to_millis(datetime.now(UTC))  # noqa: TID251  # the one place that may ask


def to_millis(at: datetime) -> datetime:
    """Cut a time to whole milliseconds, the resolution of a BSON date."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def from_epoch_millis(millis: int) -> datetime:
    """The UTC time of a number of milliseconds since 1970."""
    seconds, rest = divmod(millis, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)


def epoch_millis(at: datetime) -> int:
    """Milliseconds since 1970, exact (no float on the way)."""
    delta = at - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
