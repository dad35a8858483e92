"""How far back a page of a circle's posts probably reaches, from how fast the newest ones came.

A database that stops at the limit needs no such bound; one that reads all that a range holds
before it sorts and cuts, as the local one does, needs it. It is a guess that can cost a second
read and never a post: the ranges go back to the beginning, and the reader stops when it is full.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

SLACK = 2
GROWTH = 8
MAX_KNOWN = 100_000
_MILLIS = 80  # the bits of a UUIDv7 below its milliseconds


class Reach:
    """Of each circle: when its newest post seen came, and the milliseconds between posts."""

    def __init__(self) -> None:
        self._known: dict[UUID, tuple[int, float]] = {}

    def ranges(
        self, circle_id: UUID, before: UUID | None, limit: int
    ) -> Iterator[tuple[UUID, UUID | None]]:
        """Ranges of post ids to read one after the other, newest first: from the first id on,
        below the second (None: to the newest). The last one begins with the circle itself."""
        high = before
        if (known := self._known.get(circle_id)) is not None:
            newest, pace = known
            low = newest if before is None else min(newest, before.int >> _MILLIS)
            width = max(round(pace * limit * SLACK), 1)
            while (low := low - width) > circle_id.int >> _MILLIS:
                yield (bound := UUID(int=low << _MILLIS)), high
                high, width = bound, width * GROWTH
        yield circle_id, high

    def learn(self, circle_id: UUID, newest: UUID, last: UUID, count: int) -> None:
        """The newest `count` posts of a circle are those from `newest` down to `last`."""
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        end = newest.int >> _MILLIS
        self._known[circle_id] = end, (end - (last.int >> _MILLIS)) / count
