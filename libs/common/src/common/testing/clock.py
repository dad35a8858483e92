"""A clock that stands still until told otherwise, and when it stands.

It stands in the future: a real database removes by its own clock what is to end by a time in the
document (TTL indexes), and to it everything written "today" in a test of the past is over.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from common.clock import to_millis

FUTURE = datetime(2126, 1, 1, tzinfo=UTC)


class FakeClock:
    """Implements common.clock.Clock."""

    def __init__(self, at: datetime = FUTURE) -> None:
        self._at = to_millis(at)

    def now(self) -> datetime:
        """The time it was set to."""
        return self._at

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self._at = to_millis(self._at + by)
