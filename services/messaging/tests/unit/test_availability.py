"""When a member is there: by the clock on her wall, whatever it does twice a year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from common.errors import Invalid
from hypothesis import given
from hypothesis import strategies as st
from messaging.application.conversation_pages import requests, talks
from messaging.application.open_conversation import open_conversation
from messaging.application.shown import shown_to
from messaging.application.tails import Tails
from messaging.domain.availability import (
    DAY,
    LONGEST_ABSENCE,
    MOST_WINDOWS,
    QUARTER,
    Availability,
    Window,
)
from messaging.domain.contact import DEFAULT

from services.messaging.tests.builders import ADA, BEN, HOUR, MINUTE, NOW, a_draft, send
from services.messaging.tests.fakes import a_network

# Zones that change their clocks by an hour and by half of one, on other days, or never, and are
# quarters of an hour from UTC.
ZONES = st.sampled_from([
    "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
    "Pacific/Chatham", "America/Santiago", "Asia/Kolkata", "Pacific/Apia",
])  # fmt: skip
# Around both changes of Berlin's clocks, New York's and Lord Howe's, and anywhere.
CHANGES = [
    datetime(2026, month, day, tzinfo=UTC)
    for month, day in ((3, 29), (10, 25), (3, 8), (11, 1), (4, 5), (10, 4))
]
TIMES = st.builds(
    lambda around, minutes: around + minutes * MINUTE,
    st.sampled_from(CHANGES), st.integers(-4 * DAY, 4 * DAY),
) | st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # fmt: skip
WINDOWS = st.builds(
    lambda weekday, start, length: Window(
        weekday, start * QUARTER, min((start + length) * QUARTER, DAY)
    ),
    st.integers(0, 6), st.integers(0, DAY // QUARTER - 1), st.integers(1, 96),
)  # fmt: skip


def there(said: Availability, at: datetime) -> bool:
    """Whether the clock on her wall shows one of her hours."""
    wall = at.astimezone(ZoneInfo(said.time_zone))
    minute = wall.hour * 60 + wall.minute
    return any(
        one.weekday == wall.weekday() and one.start <= minute < one.end for one in said.windows
    )


@given(ZONES, st.lists(WINDOWS, min_size=1, max_size=4), TIMES, st.integers(0, 59))
def test_the_next_time_is_one_of_her_hours_and_none_lies_before_it(
    zone: str, windows: list[Window], now: datetime, seconds: int
) -> None:
    said = Availability(zone, tuple(windows))
    now = now.replace(microsecond=0) + timedelta(seconds=seconds)
    found = said.next_from(now)
    assert found is not None
    assert found >= now
    assert there(said, found)
    minute = now
    while minute < found:
        assert not there(said, minute)
        minute += 20 * MINUTE


@given(ZONES, st.lists(WINDOWS, max_size=3), TIMES, st.timedeltas(-HOUR, LONGEST_ABSENCE))
def test_not_today_comes_before_her_hours(
    zone: str, windows: list[Window], now: datetime, absent: timedelta
) -> None:
    plain = Availability(zone, tuple(windows))
    said = plain.absent_until(now + absent, now)
    assert said.next_from(now) == plain.next_from(max(now, now + absent))
    assert said.absent_until(None, now) == plain


def test_who_said_nothing_answers_at_any_time() -> None:
    assert Availability().next_from(NOW) == NOW


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


def test_an_hour_that_is_skipped_is_none_and_one_that_comes_twice_is_two() -> None:
    said = Availability("Europe/Berlin", (Window(6, 120, 180),))  # Sundays, two to three
    assert said.next_from(berlin("2026-03-29T00:30")) == berlin("2026-04-05T02:00")
    first = berlin("2026-10-25T02:00")
    assert said.next_from(berlin("2026-10-25T00:30")) == first
    for minutes in range(0, 120, QUARTER):  # two to three, and once more
        assert said.next_from(first + minutes * MINUTE) == first + minutes * MINUTE
    assert said.next_from(first + 2 * HOUR) == berlin("2026-11-01T02:00")


def test_hours_over_a_skipped_beginning_begin_when_the_clock_goes_on() -> None:
    said = Availability("Europe/Berlin", (Window(6, 150, 240),))  # Sundays, half past two to four
    assert said.next_from(berlin("2026-03-29T01:00")) == berlin("2026-03-29T03:00")


@pytest.mark.parametrize(
    "weekday, start, end",
    [(-1, 0, 15), (7, 0, 15), (0, 30, 30), (0, 30, 15), (0, -15, 15), (0, 0, 1455), (0, 7, 30)],
)
def test_hours_that_are_none_are_refused(weekday: int, start: int, end: int) -> None:
    with pytest.raises(Invalid):
        Window(weekday, start, end)


@pytest.mark.parametrize("zone", ["", "Berlin", "../../etc/passwd", "Europe", "Europe/Berlin\x00"])
def test_a_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(Invalid):
        Availability(zone)


def test_there_is_an_end_to_absence_and_to_hours() -> None:
    with pytest.raises(Invalid):
        Availability().absent_until(NOW + LONGEST_ABSENCE + MINUTE, NOW)
    with pytest.raises(Invalid):
        Availability("UTC", (Window(0, 0, 15),) * (MOST_WINDOWS + 1))


async def test_who_talks_with_her_sees_from_when_she_answers_and_writes_all_the_same() -> None:
    network = a_network(ADA, BEN, rule=DEFAULT)
    said = Availability().absent_until(NOW + HOUR, NOW)
    await network.sides.availabilities.set(BEN, said, NOW)
    talk = await open_conversation(network, caller=ADA, peer=BEN, at=NOW)
    await send(network, Tails(), conversation_id=talk.id, draft=a_draft(ADA))
    assert (await shown_to(network, talk, ADA, NOW)).available_from == NOW + HOUR
    (listed,) = (await talks(network, ADA, None, 5, NOW)).shown
    assert listed.available_from == NOW + HOUR
    (asked,) = (await requests(network, BEN, None, 5, NOW)).shown
    assert asked.available_from == NOW
    later = NOW + 2 * HOUR
    assert (await shown_to(network, talk, ADA, later)).available_from == later
