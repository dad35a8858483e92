"""When a member answers: "not today" until a time, and office hours of a week in her own time zone.

An instant lies in her hours if the clock on her wall says so then: what a change of clocks skips is
no hour of hers, and what it repeats is one twice. Hours begin and end on quarters, and every zone
is some quarters from UTC, so it changes on quarters of UTC only: the next time she is there is
found by looking at these. It is said to others so that they need not wait; messages arrive in any
case.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from common.errors import Invalid

QUARTER = 15
DAY = 24 * 60
MOST_WINDOWS = 28
LONGEST_ABSENCE = timedelta(days=60)
_STEP = timedelta(minutes=QUARTER)
_LOOKED_AT = timedelta(days=15)
"""A window a week is met within this, also if a change of clocks skips it once."""


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of a weekday (0 is Monday), from a minute of the day to before another, in quarters."""

    weekday: int
    start: int
    end: int

    def __post_init__(self) -> None:
        """Raise Invalid unless it is one."""
        if not 0 <= self.weekday <= 6:
            raise Invalid("weekday must be one of the week", field="weekday")
        if not 0 <= self.start < self.end <= DAY or self.start % QUARTER or self.end % QUARTER:
            raise Invalid(
                "hours go from start_minute to a later end_minute of a day, each a multiple of 15",
                field="start_minute",
            )


@dataclass(frozen=True, slots=True)
class Availability:
    """What a member says of when she answers; without windows she may at any time."""

    time_zone: str = "UTC"
    windows: tuple[Window, ...] = ()
    not_until: datetime | None = None

    def __post_init__(self) -> None:
        """Raise Invalid for a zone that is none, or too many windows."""
        _zone(self.time_zone)
        if len(self.windows) > MOST_WINDOWS:
            raise Invalid(f"at most {MOST_WINDOWS} hours are told", field="hours")

    def absent_until(self, until: datetime | None, now: datetime) -> Availability:
        """With "not today" until then (None: not any more). Raises Invalid beyond 60 days."""
        if until is not None and until > now + LONGEST_ABSENCE:
            raise Invalid(
                f"not_until_time must lie within {LONGEST_ABSENCE.days} days",
                field="not_until_time",
            )
        return Availability(self.time_zone, self.windows, until)

    def next_from(self, now: datetime) -> datetime | None:
        """The first instant from `now` on at which she answers; `now` itself if she does. None if
        there is none in sight."""
        at = now if self.not_until is None else max(now, self.not_until)
        if not self.windows or _open(self.time_zone, self.windows, at):
            return at
        return _opening(self.time_zone, self.windows, _next_quarter(at))


@lru_cache(maxsize=10_000)
def _opening(time_zone: str, windows: tuple[Window, ...], quarter: datetime) -> datetime | None:
    """The first open quarter from this one on. It is the same for all who ask in a quarter of an
    hour, and a thousand are looked at in a bad case, so it is remembered."""
    at, last = quarter, quarter + _LOOKED_AT
    while at <= last:
        if _open(time_zone, windows, at):
            return at
        at += _STEP
    return None


def _open(time_zone: str, windows: tuple[Window, ...], at: datetime) -> bool:
    wall = at.astimezone(_zone(time_zone))
    minute = wall.hour * 60 + wall.minute // QUARTER * QUARTER
    return wall.weekday() * DAY + minute in _hours(windows)


@lru_cache(maxsize=10_000)
def _hours(windows: tuple[Window, ...]) -> frozenset[int]:
    """The quarters of a week that are hers, by the minute they begin with."""
    return frozenset(
        one.weekday * DAY + minute
        for one in windows
        for minute in range(one.start, one.end, QUARTER)
    )


def _next_quarter(at: datetime) -> datetime:
    whole = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while whole <= at:
        whole += _STEP
    return whole


def _zone(name: str) -> ZoneInfo:
    """The zone; the standard library keeps those it has read."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(
            "time_zone must be a name of the time zone database, as Europe/Berlin",
            field="time_zone",
        ) from None
