"""Token buckets: what they let through, how long they make wait, and what they keep."""

from __future__ import annotations

import pytest
from gateway.application.limits import Buckets, Rate, owner_of
from hypothesis import given
from hypothesis import strategies as st


class Watch:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_burst_goes_through_and_then_what_the_rate_allows() -> None:
    watch = Watch()
    buckets = Buckets(Rate(2, 3), watch)
    assert [buckets.take("ada") for _ in range(3)] == [0, 0, 0]
    assert buckets.take("ada") == pytest.approx(0.5)
    watch.seconds += 0.5
    assert buckets.take("ada") == 0
    assert buckets.take("ada") > 0


def test_who_takes_more_at_once_waits_as_long_as_for_each() -> None:
    watch = Watch()
    buckets = Buckets(Rate(2, 5), watch)
    assert buckets.take("ada", 4) == 0
    assert buckets.take("ada", 3) == pytest.approx(1.0)
    assert buckets.take("ada") == 0
    assert buckets.take("ada") == pytest.approx(0.5)
    watch.seconds += 100
    assert buckets.take("ada", 1_000) == 0, "more than the burst is the burst"
    assert buckets.take("ada", 5) == pytest.approx(2.5)


def test_what_one_takes_another_has_still() -> None:
    buckets = Buckets(Rate(1, 1), Watch())
    assert buckets.take("ada") == 0
    assert buckets.take("ada") > 0
    assert buckets.take("ben") == 0


def test_to_be_refused_costs_nothing() -> None:
    watch = Watch()
    buckets = Buckets(Rate(1, 1), watch)
    buckets.take("ada")
    waits = {buckets.take("ada") for _ in range(100)}
    assert waits == {1.0}


INSTANT = 1e-6  # seconds, to which it is exact


@given(
    per_second=st.floats(0.01, 1_000), burst=st.integers(1, 50),
    pauses=st.lists(st.floats(0, 10), max_size=200),
)  # fmt: skip
def test_never_more_than_burst_and_rate_and_the_wait_is_true(
    per_second: float, burst: int, pauses: list[float]
) -> None:
    watch = Watch()
    buckets = Buckets(Rate(per_second, burst), watch)
    begun, taken = watch.seconds, 0
    for pause in pauses:
        watch.seconds += pause
        wait = buckets.take("ada")
        taken += wait == 0
        assert taken <= burst + (watch.seconds - begun + INSTANT) * per_second + 1e-6
        if wait > 4 * INSTANT:
            watch.seconds += wait - 2 * INSTANT
            assert buckets.take("ada") > 0, "it could have come sooner"
            watch.seconds += 3 * INSTANT
            assert buckets.take("ada") == 0, "it was told to wait for this"
            taken += 1


def test_who_has_been_away_is_forgotten_and_no_more_are_kept_than_allowed() -> None:
    watch = Watch()
    buckets = Buckets(Rate(1, 10), watch, most=100)
    for number in range(1_000):
        buckets.take(number)
    assert len(buckets) == 100
    watch.seconds += 60
    for number in range(100):
        buckets.take(f"later {number}")
    assert len(buckets) <= 100
    assert [buckets.take(f"later {number}") for number in range(100)] == [0.0] * 100


def test_those_who_keep_asking_are_not_forgotten_for_those_who_ask_once() -> None:
    buckets = Buckets(Rate(1, 2), Watch(), most=10)
    buckets.take("busy")
    buckets.take("busy")
    for number in range(100):
        assert buckets.take("busy") > 0 or number > 9
        buckets.take(number)


@pytest.mark.parametrize(
    "text", ["", "5", "5/", "/5", "0/5", "5/0", "-1/5", "1e9/5", "5/1.5", "x/y"]
)
def test_a_rate_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="per second/burst"):
        Rate.parse(text)


def test_a_rate_is_read() -> None:
    assert Rate.parse("0.5/30") == Rate(0.5, 30)


@pytest.mark.parametrize(
    "address, owner",
    [
        ("203.0.113.9", "203.0.113.9"), ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"), ("2001:db8:1:2::1", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"), ("unix:", ""), ("", ""), ("1.2.3.4, 5", ""),
    ],
)  # fmt: skip
def test_who_is_behind_an_address(address: str, owner: str) -> None:
    assert owner_of(address) == owner
