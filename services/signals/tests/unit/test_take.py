"""What is taken, what is not, and when a day becomes evidence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signals.domain.activity import DAY, HOUR, Activity, ActivityKind
from signals.domain.days import ClosedDay
from signals.domain.estimate import estimate
from signals.domain.take import take
from signals.domain.window import ANSWERED, MESSAGES

from services.signals.tests.unit.builders import (
    FIRST_DAY,
    GRANTED,
    P,
    activity,
    an_activity,
    at,
    check_in,
    consented,
    histories,
    messages,
    run,
    survey,
    take_all,
)

K = ActivityKind


def test_a_day_closes_when_the_next_event_is_48_hours_past_its_end() -> None:
    history = [*messages(0.5, 1), *messages(2.999, 1), *messages(3.0, 1), *messages(4.0, 1)]
    closed = [[day.day - FIRST_DAY for day in taken.closed] for taken in run(history)]
    assert closed == [[], [], [0], []]


def test_days_on_which_a_member_did_nothing_are_no_points_of_her_course() -> None:
    reply = activity(K.REPLY_RECEIVED, 3.0, reply_latency_ms=HOUR)
    history = [*messages(0, 2), reply, *messages(9, 1), *messages(40, 1)]
    closed = [day.day - FIRST_DAY for taken in run(history) for day in taken.closed]
    assert closed == [0, 9]


def test_a_point_of_the_course_is_the_estimate_at_the_end_of_its_day() -> None:
    history = [survey(0.2, 7), *messages(0.5, 3), *messages(3.5, 1)]
    point = run(history)[-1].closed[0]
    before = take_all(history[:-1])
    now = estimate(before, at(1), P)
    assert now is not None
    assert (point.p, point.p_low, point.p_high) == (now.risk.p, now.risk.p_low, now.risk.p_high)
    assert (point.theta, point.variance) == (now.risk.theta, now.risk.variance)
    assert point.messages == 3


@given(
    st.permutations(range(12)), st.lists(an_activity(st.floats(0, 2.9)), min_size=12, max_size=12)
)
def test_the_order_within_three_days_does_not_matter_to_the_last_bit(
    order: list[int], three_days: list[Activity]
) -> None:
    three_days = [one for one in three_days if one.kind is not K.REPLY_RECEIVED]
    three_days += [activity(K.REPLY_RECEIVED, 2.5, n, reply_latency_ms=n * HOUR) for n in range(60)]
    numbered = [
        activity(one.kind, 0, n, at=one.at, value=one.value, reply_latency_ms=one.reply_latency_ms)
        for n, one in enumerate(three_days)
    ]
    shuffled = [numbered[i] for i in order if i < len(numbered)]
    shuffled += [one for one in numbered if one not in shuffled]
    end = messages(30, 1)
    assert _same(take_all([*numbered, *end]), take_all([*shuffled, *end]))


def _same(one: object, other: object) -> bool:
    for state in (one, other):
        state.keys = b""  # type: ignore[attr-defined]  # their order is that of arrival
    return one == other


def test_up_to_48_hours_late_counts_on_its_own_day() -> None:
    in_time = take_all([*messages(0.9, 4), *messages(2.9, 1), *messages(20, 1)])
    late = take_all([*messages(2.9, 1), *messages(0.9, 4), *messages(20, 1)])
    assert _same(in_time, late)


def test_older_is_counted_but_no_evidence() -> None:
    history = [*messages(0.5, 2), *messages(5, 1)]
    without = take_all(history)
    with_it = take_all([*history, *messages(1.5, 3)])
    assert with_it.belief == without.belief
    assert with_it.tally.long[MESSAGES] > without.tally.long[MESSAGES]
    assert with_it.taken == without.taken + 3


def test_what_comes_late_does_not_turn_time_back() -> None:
    state = take_all([*messages(5, 1), *messages(4, 1), *messages(0, 1)])
    assert (state.newest_at, state.last_at, state.first_at) == (at(5), at(5), at(0))


def test_an_answer_belongs_to_the_day_on_which_its_turn_was_opened() -> None:
    reply = activity(K.REPLY_RECEIVED, 2.4, reply_latency_ms=round(1.5 * DAY))
    state = take_all([*messages(0.9, 1, opens_turn=True), reply])
    assert [day[ANSWERED] for day in state.window] == [1, 0, 0]


@pytest.mark.parametrize("latency", [None, 48 * HOUR + 1])
def test_a_reply_after_48_hours_or_of_unknown_latency_answers_no_turn(latency: int | None) -> None:
    reply = activity(K.REPLY_RECEIVED, 2.9, reply_latency_ms=latency)
    state = take_all([*messages(0.1, 1, opens_turn=True), reply])
    assert [day[ANSWERED] for day in state.window] == [0, 0, 0]


def test_of_several_answers_on_one_day_the_last_counts() -> None:
    several = take_all([check_in(0.1, 0), check_in(0.9, 3), check_in(0.5, 1), *messages(9, 1)])
    single = take_all([check_in(0.9, 3), *messages(9, 1)])
    assert several.belief == single.belief


def test_a_late_survey_before_a_later_one_weighs_half_as_much() -> None:
    history = [*messages(0, 1), *messages(30, 1), *messages(60, 1)]
    alone = take_all([*history, survey(10, 9)])
    superseded = take_all([survey(0, 3), *history, survey(40, 3)])
    before = superseded.copy()
    after = take_all([survey(10, 9)], superseded)
    assert alone.belief.theta > 0
    assert 0 < after.belief.theta - before.belief.theta < alone.belief.theta / 2
    assert after.survey_at == at(40)


def test_a_late_survey_with_none_later_counts_for_its_own_time() -> None:
    # Nothing else is known of her, so the late one must do what one in time would have done.
    quiet = [activity(K.SHARE, 0), activity(K.SHARE, 9)]
    late = take_all([*quiet, survey(3, 8)])
    in_time = take_all([quiet[0], survey(3, 8), quiet[1]])
    late_now, in_time_now = estimate(late, at(9), P), estimate(in_time, at(9), P)
    assert late_now is not None
    assert in_time_now is not None
    assert late_now.risk.theta == pytest.approx(in_time_now.risk.theta, abs=2e-3)
    assert late_now.risk.variance == pytest.approx(in_time_now.risk.variance, abs=2e-3)


def test_a_year_of_silence_costs_no_more_than_a_month() -> None:
    month = take_all([*messages(0, 5), *messages(28 + 3, 1)]).belief
    year = take_all([*messages(0, 5), *messages(365, 1)]).belief
    assert year.amounts == month.amounts
    assert year.at == month.at == at(29)  # the rest passes in one prediction, when needed


def test_an_enrollment_moves_time_on_and_is_no_act() -> None:
    state = take_all([*messages(0, 1), activity(K.ENROLLED, 5)])
    assert state.belief.at == at(3)
    assert state.last_at == at(0)


def test_an_offset_passed_already_changes_nothing() -> None:
    state = take_all(messages(0, 3))
    before = state.copy()
    for offset in range(state.offset + 1):
        assert take(state, survey(0, 9), offset, P) == (before, False, ())


def test_a_known_id_at_a_new_offset_changes_nothing() -> None:
    history = messages(0, 64)
    state = take_all(history)
    before = state.copy()
    for one in history:
        assert take(state, one, 1_000, P) == (before, False, ())


def test_ids_are_known_as_uuid_bytes_too() -> None:
    first, second = bytes(range(16)), bytes(range(8)) + bytes(reversed(range(8)))
    state = take_all([activity(K.SESSION, 0, event_id=first)])
    assert not take(state, activity(K.SESSION, 1, event_id=first), 9, P).changed
    assert take(state, activity(K.SESSION, 1, event_id=second), 9, P).changed


def test_the_pieces_of_two_known_ids_do_not_make_a_third() -> None:
    one, two = bytes(8) + b"abcdefgh", bytes(8) + b"ijklmnop"
    state = take_all([activity(K.SESSION, 0, event_id=one), activity(K.SESSION, 0, event_id=two)])
    assert take(state, activity(K.SESSION, 0, event_id=bytes(8) + b"efghijkl"), 9, P).changed


@given(histories(disorder=5.0))
def test_the_state_is_bounded_and_a_course_never_goes_back(history: list[Activity]) -> None:
    answers = run(history)
    course: list[ClosedDay] = [day for taken in answers for day in taken.closed]
    assert [day.day for day in course] == sorted({day.day for day in course})
    assert all(0 <= day.p_low <= day.p <= day.p_high <= 1 for day in course)
    assert all(0 <= day.engagement <= 100 for day in course)
    state = answers[-1].state
    assert len(state.keys) <= 64 * 8
    assert len(state.window) == 3
    assert {len(day) for day in state.window} == {14}


def test_a_first_activity_needs_no_state() -> None:
    taken = take(None, activity(GRANTED, 0), 7, P)
    assert taken.changed
    assert taken.state.offset == 7
    assert taken.state.belief == consented().belief
