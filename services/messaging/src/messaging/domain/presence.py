"""When a member was last here, coarsely, of those who show it: never the minute.

She is here for ten to twenty minutes after a device of hers began to look on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

GRAIN = timedelta(minutes=10)
"""Times are kept as the beginning of one of these, so she is noted once in each at most."""
A_DAY, A_WEEK = timedelta(days=1), timedelta(days=7)


class Presence(StrEnum):
    """What others are told; beyond a week that is nothing."""

    HERE = "here"
    TODAY = "today"
    WEEK = "week"


def grain_of(at: datetime) -> datetime:
    """The beginning of the ten minutes that a time is in."""
    return at - timedelta(minutes=at.minute % 10, seconds=at.second, microseconds=at.microsecond)


def presence_of(seen_at: datetime, now: datetime) -> Presence | None:
    """What is told of somebody noted then; None if that was long ago."""
    since = grain_of(now) - seen_at
    if since <= GRAIN:
        return Presence.HERE
    if since < A_DAY:
        return Presence.TODAY
    return Presence.WEEK if since < A_WEEK else None
