"""Whether so many devices are told of something just now that their frames had better gather.

A crowd is told by one piece of news or by a hundred small ones: an instance of messaging that
stored a message tells all its subscriptions at once, the others theirs slot by slot (ADR 33). So it
is not asked how many one piece of news is for, but how many devices were told lately.
"""

from __future__ import annotations

from collections.abc import Callable

CROWD = 64
"""So many devices told within WINDOW_SECONDS are a crowd."""
WINDOW_SECONDS = 0.005
_FORGOTTEN_PER_SECOND = CROWD / WINDOW_SECONDS
_MOST = 2 * CROWD


class Rush:
    """How many devices were told lately: a count that runs out at CROWD in WINDOW_SECONDS.

    It holds no more than runs out in two windows, so a crowd is over soon after its last device.
    """

    __slots__ = ("_at", "_count", "_now")

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` is in seconds, from any start."""
        self._now = now
        self._at = now()
        self._count = 0.0

    def holds(self, more: int) -> bool:
        """Whether there is a crowd once so many more are told."""
        now = self._now()
        left = self._count - (now - self._at) * _FORGOTTEN_PER_SECOND
        self._count = left if left > 0.0 else 0.0
        self._at = now
        return self._count + more >= CROWD

    def add(self, told: int) -> None:
        """So many were told."""
        self._count = min(self._count + told, _MOST)
