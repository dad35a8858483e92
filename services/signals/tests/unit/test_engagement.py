"""Engagement describes: it is bounded, no act lowers it, and a drop is from one's own habit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signals.domain.activity import HOUR, Activity, ActivityKind
from signals.domain.engagement import Engagement
from signals.domain.estimate import engagement_at
from signals.domain.state import MemberState

from services.signals.tests.unit.builders import (
    activity,
    an_activity,
    at,
    histories,
    messages,
    take_all,
)

K = ActivityKind
MESSAGES = 5


def engaged(state: MemberState, day: float) -> Engagement:
    engagement = engagement_at(state, at(day))
    assert engagement is not None
    return engagement


def daily(days: range, count: int = 1) -> list[Activity]:
    return [one for day in days for one in messages(day + 0.5, count)]


def test_somebody_new_has_no_engagement_and_no_habit() -> None:
    now = engaged(take_all([]), 0)
    assert (now.score, now.active_days_7, now.active_days_28) == (0.0, 0, 0)
    assert now.reciprocity is None
    assert now.drop is None


def test_an_act_shows_at_once() -> None:
    now = engaged(take_all(messages(0.5, 1)), 0.5)
    assert (now.active_days_7, now.active_days_28) == (1, 1)
    assert now.score == pytest.approx(40 / 7 + 40 / 28 + 20 / 11, abs=1e-12)


def test_a_daily_writer_has_all_days_and_nearly_the_highest_score() -> None:
    now = engaged(take_all(daily(range(60), 20)), 59.6)
    assert (now.active_days_7, now.active_days_28) == (7, 28)
    assert 98 < now.score < 100


def test_active_days_leave_the_week_and_the_month() -> None:
    state = take_all(daily(range(10)))
    days = [(day, engaged(state, day).active_days_7) for day in (9.9, 12.9, 15.9, 16.0)]
    assert days == [(9.9, 7), (12.9, 4), (15.9, 1), (16.0, 0)]
    assert [engaged(state, day).active_days_28 for day in (27.0, 28.0, 36.9, 37.0)] == [10, 9, 1, 0]


@pytest.mark.parametrize("name, half_life", [("short", 2), ("middle", 7), ("long", 28)])
def test_counts_halve_with_their_half_life(name: str, half_life: int) -> None:
    state = take_all(messages(0, 8))
    assert getattr(engaged(state, half_life), name)[MESSAGES] == pytest.approx(4, abs=1e-12)
    assert getattr(engaged(state, 2 * half_life), name)[MESSAGES] == pytest.approx(2, abs=1e-12)


@given(histories(disorder=10.0), st.floats(0, 40), st.data())
def test_no_act_ever_lowers_the_score(
    history: list[Activity], wait: float, data: st.DataObject
) -> None:
    state = take_all(history)
    day = (state.newest_at - at(0)) / 86_400_000
    one_more = data.draw(an_activity(st.floats(max(0.0, day - 30), day)))
    more = take_all([one_more], state.copy())
    before, after = engaged(state, day + wait).score, engaged(more, day + wait).score
    assert after >= before - 1e-9
    assert 0 <= before <= 100


@given(histories(disorder=10.0))
def test_engagement_is_the_same_before_and_after_days_close(history: list[Activity]) -> None:
    state = take_all(history)
    later = activity(K.ENROLLED, (state.newest_at - at(0)) / 86_400_000 + 10)
    closed = take_all([later], state.copy())
    open_now, closed_now = engagement_at(state, later.at), engagement_at(closed, later.at)
    assert open_now is not None
    assert closed_now is not None
    assert closed_now.score == pytest.approx(open_now.score, abs=1e-9)
    assert closed_now.long == pytest.approx(open_now.long, abs=1e-9)


def test_a_steady_member_shows_no_drop_and_one_who_stopped_shows_it() -> None:
    steady = engaged(take_all(daily(range(60), 3)), 60.0)
    assert steady.drop == pytest.approx(1.0, abs=1e-9)
    stopped = engaged(take_all(daily(range(46), 3)), 60.0)
    assert stopped.drop is not None
    # two weeks of silence: fast 2^(-14/7), slow 2^(-14/28), and the shortness of the history
    fast = 0.25 * (1 - 2 ** (-46 / 7)) / (1 - 2 ** (-60 / 7))
    slow = 0.5**0.5 * (1 - 2 ** (-46 / 28)) / (1 - 2 ** (-60 / 28))
    assert stopped.drop == pytest.approx(fast / slow, abs=1e-9)


def test_two_weeks_are_too_short_for_a_habit() -> None:
    state = take_all(daily(range(14)))
    assert engaged(state, 13.5).drop is None
    assert engaged(state, 14.5).drop == pytest.approx(1.0, abs=1e-9)


def test_reciprocity_compares_what_was_given_with_what_came_back() -> None:
    given_only = take_all(messages(0, 4, opens_turn=True))
    assert engaged(given_only, 0.9).reciprocity == 0.0
    replies = [activity(K.REPLY_RECEIVED, 0.5, n, reply_latency_ms=HOUR) for n in range(2)]
    half = take_all(replies, given_only)
    assert engaged(half, 0.9).reciprocity == pytest.approx(2 * 2 / 6)


def test_a_day_told_late_is_an_active_day_all_the_same() -> None:
    days = [(0, 1), (20, 1), (25, 1), (4, 2)]
    state = take_all([one for day, count in days for one in messages(day, count)])
    now = engaged(state, 25)
    assert (now.active_days_7, now.active_days_28) == (2, 4)
    expected = sum(count * 2 ** ((day - 25) / 28) for day, count in days)
    assert now.long[MESSAGES] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("kind", [K.ASK, K.OFFER, K.COMMENT, K.REACTION, K.MESSAGE_SENT])
def test_what_reaches_others_weighs_more_than_being_there(kind: ActivityKind) -> None:
    there = engaged(take_all([activity(K.SESSION, 0)]), 0.5).score
    assert there == pytest.approx(40 / 7 + 40 / 28, abs=1e-12)
    assert engaged(take_all([activity(kind, 0)]), 0.5).score == pytest.approx(there + 20 / 11)


def test_reading_is_being_there() -> None:
    now = engaged(take_all([activity(K.MESSAGE_READ, 0)]), 0.5)
    assert now.active_days_7 == 1
    assert now.middle == (0.0,) * 6
