"""Time: UTC, in whole milliseconds, and standing still when a test wants it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from common.clock import SystemClock, epoch_millis, from_epoch_millis, to_millis
from common.testing.clock import FakeClock
from hypothesis import given
from hypothesis import strategies as st

MOMENTS = st.datetimes(
    datetime(1900, 1, 1), datetime(9000, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]),
)  # fmt: skip


def test_the_system_clock_tells_utc_in_whole_milliseconds() -> None:
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0


@given(MOMENTS)
def test_milliseconds_since_1970_are_exact_both_ways(at: datetime) -> None:
    assert from_epoch_millis(epoch_millis(at)) == to_millis(at)
    assert epoch_millis(to_millis(at)) == epoch_millis(at)


@given(MOMENTS)
def test_cutting_to_milliseconds_takes_less_than_one_and_changes_nothing_twice(
    at: datetime,
) -> None:
    assert timedelta(0) <= at - to_millis(at) < timedelta(milliseconds=1)
    assert to_millis(to_millis(at)) == to_millis(at)


def test_a_fake_clock_stands_still_until_told_otherwise() -> None:
    clock = FakeClock()
    before = clock.now()
    assert clock.now() == before
    clock.advance(timedelta(milliseconds=1, microseconds=999))
    assert clock.now() - before == timedelta(milliseconds=1)
