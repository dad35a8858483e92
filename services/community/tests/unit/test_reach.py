"""The guess how far a page reaches: it leaves nothing out, and is good when the pace holds."""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID

from common.ids import new_id, timed_id
from community.adapters.reach import Reach
from hypothesis import given
from hypothesis import strategies as st

NAMESPACE = new_id()
BIRTH, END = 1_000_000, 2_000_000_000_000
CIRCLE = timed_id(BIRTH, NAMESPACE, "circle")
times = st.integers(BIRTH + 1, END)


def at(millis: int) -> UUID:
    return timed_id(millis, NAMESPACE, millis)


def test_a_circle_nobody_has_read_yet_is_read_at_once() -> None:
    assert list(Reach().ranges(CIRCLE, None, 20)) == [(CIRCLE, None)]
    assert list(Reach().ranges(CIRCLE, at(END), 20)) == [(CIRCLE, at(END))]


@given(
    seen=st.tuples(times, times), count=st.integers(1, 101), limit=st.integers(1, 101),
    before=st.one_of(st.none(), times.map(at), st.uuids()),
)  # fmt: skip
def test_the_ranges_join_from_the_top_down_to_the_circle(
    seen: tuple[int, int], count: int, limit: int, before: UUID | None
) -> None:
    reach = Reach()
    reach.learn(CIRCLE, at(max(seen)), at(min(seen)), count)
    ranges = list(reach.ranges(CIRCLE, before, limit))
    assert ranges[0][1] == before
    assert ranges[-1][0] == CIRCLE
    for (low, _), (_, high) in pairwise(ranges):
        assert high == low
    assert all(low >= CIRCLE for low, _ in ranges)
    assert len(ranges) <= 16


@given(count=st.integers(1, 101), pace=st.integers(0, 1000), limit=st.integers(1, 101))
def test_of_a_circle_that_keeps_its_pace_the_first_range_holds_a_page_and_not_much_more(
    count: int, pace: int, limit: int
) -> None:
    reach, newest = Reach(), 1_000_000_000
    reach.learn(CIRCLE, at(newest), at(newest - pace * count), count)
    for before in (None, at(newest - 5 * pace)):
        top = newest if before is None else newest - 5 * pace
        low, _ = next(reach.ranges(CIRCLE, before, limit))
        assert top - 2 * pace * limit - 1 <= low.int >> 80 <= top - pace * limit
