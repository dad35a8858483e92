"""What is kept in one place under one rule, and whether that is as declared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_UNITS = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"))


@dataclass(frozen=True, slots=True)
class Kept:
    """One rule of one place; `count` and `oldest` are None where they are not known.

    `problem` is what is not as declared; empty if all is.
    """

    place: str
    kind: str
    rule: str
    count: int | None = None
    oldest: datetime | None = None
    problem: str = ""


def span(time: timedelta) -> str:
    """A time as people say it: `90 d`, `12 h`."""
    for unit, name in _UNITS:
        if time % unit == timedelta(0):
            return f"{time // unit} {name}"
    return f"{time.total_seconds():g} s"


def expiry(since: str, after: timedelta) -> str:
    """The rule of what expires."""
    return f"{span(after)} after {since}" if after else f"at {since}"
