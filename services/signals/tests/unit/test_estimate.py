"""An estimate says how sure it is, what it rests on, and when it has nothing to say."""

from __future__ import annotations

from math import erfc, nextafter, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signals.domain.activity import DAY, HOUR, Activity, ActivityKind
from signals.domain.estimate import Band, Estimate, Status, course_ahead, estimate
from signals.domain.filter import prior
from signals.domain.parameters import Parameters, Source
from signals.domain.risk import read_out
from signals.domain.state import MemberState

from services.signals.tests.unit.builders import (
    FIRST_DAY,
    P,
    activity,
    at,
    check_in,
    consented,
    histories,
    messages,
    survey,
    take_all,
)

K = ActivityKind


def seen(state: MemberState, day: float) -> Estimate:
    made = estimate(state, at(day), P)
    assert made is not None
    return made


def writer(days: int = 40) -> list[Activity]:
    """Five messages a day, half of the turns answered."""
    history = []
    for day in range(days):
        history += messages(day + 0.5, 5, opens_turn=True)
        history += [activity(K.REPLY_RECEIVED, day + 0.6, n, reply_latency_ms=HOUR) for n in (0, 1)]
    return history


def test_before_anything_is_known_the_estimate_is_the_prior_and_has_no_band() -> None:
    now = seen(consented(), 0)
    assert now.risk == read_out(prior(P), P)
    assert (now.status, now.band) == (Status.NEEDS_CHECK_IN, None)
    assert (now.evidence_age, now.answer_age, now.reasons) == (None, None, ())
    assert now.model == "loneliness-1"


def test_behaviour_alone_gets_no_band() -> None:
    now = seen(take_all(writer()), 40)
    assert (now.status, now.band) == (Status.NEEDS_CHECK_IN, None)
    assert now.reasons


@pytest.mark.parametrize("value, band", [(9, Band.HIGH), (3, Band.LOW), (6, Band.RAISED)])
def test_a_survey_shows_at_once_and_earns_a_band(value: int, band: Band) -> None:
    now = seen(take_all([*messages(0, 1), survey(0.5, value)]), 0.5)
    if band is Band.RAISED:
        now = seen(take_all([survey(0.5, value)]), 14)
    assert (now.status, now.band) == (Status.ESTIMATED, band)


def test_a_check_in_is_enough_for_an_estimate() -> None:
    now = seen(take_all([check_in(0, 0)]), 0)
    assert now.status is Status.ESTIMATED
    assert now.band is Band.HIGH
    assert [reason.source for reason in now.reasons] == [Source.CHECK_INS]


def test_a_band_begins_at_its_threshold() -> None:
    assert (P.raised_from, P.high_from) == (0.45, 0.60)
    state = take_all([survey(0, 6)])
    p = seen(state, 0).risk.p
    above = nextafter(p, 1)
    bands = [
        estimate(state, at(0), Parameters(raised_from=raised, high_from=high))
        for raised, high in [(0.0, p), (p, above), (above, 1.0)]
    ]
    assert [made and made.band for made in bands] == [Band.HIGH, Band.RAISED, Band.LOW]


def test_after_28_silent_days_she_is_unknown_and_not_at_risk() -> None:
    state = take_all([survey(0, 9)])
    assert seen(state, 28).status is Status.ESTIMATED
    assert seen(state, 28.001).status is Status.UNKNOWN_RECONTACT
    assert seen(state, 28.001).band is None


def test_what_others_do_does_not_make_a_silent_member_known() -> None:
    state = take_all([survey(0, 9), activity(K.REPLY_RECEIVED, 28, reply_latency_ms=HOUR)])
    assert seen(state, 29).status is Status.UNKNOWN_RECONTACT


def test_ages_count_from_the_last_act_and_the_last_answer() -> None:
    now = seen(take_all([survey(0, 5), check_in(2, 2), *messages(5, 1)]), 7)
    assert (now.evidence_age, now.answer_age) == (2 * DAY, 5 * DAY)


def test_a_survey_fades_with_time() -> None:
    state = take_all([survey(0, 9)])
    course = [seen(state, day).risk for day in (0, 5, 14, 60)]
    assert [risk.p for risk in course] == sorted((risk.p for risk in course), reverse=True)
    assert [risk.variance for risk in course] == sorted(risk.variance for risk in course)


def test_reasons_are_the_three_that_weigh_most_largest_first_with_their_sign() -> None:
    history = [
        *writer(),
        survey(38.2, 9),
        check_in(39, 1),
        activity(K.ASK, 20),
        activity(K.ASK, 39),
    ]
    now = seen(take_all(sorted(history, key=lambda one: one.at)), 50)
    sizes = [abs(reason.theta) for reason in now.reasons]
    assert len(sizes) == 3
    assert sizes == sorted(sizes, reverse=True)
    assert now.reasons[0].source is Source.SURVEYS
    assert all((reason.theta > 0) == (reason.points > 0) for reason in now.reasons)


def test_the_points_of_a_reason_are_what_p_would_lose_without_it() -> None:
    now = seen(take_all([survey(0, 8)]), 0)
    (reason,) = now.reasons
    assert reason.theta == now.risk.theta
    # Φ(1.85/1.19059) - Φ(-.1/1.19059), of which the first is the golden number of the filter
    without = 0.5 * erfc(0.1 / sqrt(2 * 1.4175))
    assert reason.points == pytest.approx(100 * (0.9398904 - without), abs=1e-4)


def test_silence_of_a_writer_shows_up_as_the_reason() -> None:
    now = seen(take_all(writer()), 48)
    assert now.reasons[0].source is Source.MESSAGES_SENT
    assert now.reasons[0].theta > 0


def test_turns_of_the_last_two_days_are_not_yet_held_as_unanswered() -> None:
    answered = writer(30)
    hanging = [*answered, *messages(30.5, 20, opens_turn=True)]
    fresh, ripe = seen(take_all(hanging), 31.5), seen(take_all(hanging), 33.0)
    assert _of(fresh, Source.REPLY_RATIO) < _of(ripe, Source.REPLY_RATIO)


def _of(made: Estimate, source: Source) -> float:
    return sum(reason.theta for reason in made.reasons if reason.source is source)


@given(histories(disorder=5.0), st.floats(0, 60))
def test_an_estimate_does_not_depend_on_whether_its_days_are_closed(
    history: list[Activity], wait: float
) -> None:
    state = take_all(history)
    day = (state.newest_at - at(0)) / DAY + wait
    before = estimate(state, at(day), P)
    closed = take_all([activity(K.ENROLLED, day)], state)
    assert estimate(closed, at(day), P) == before


def test_days_not_yet_final_are_points_of_the_course_ahead() -> None:
    state = take_all([*messages(0, 2), *messages(1, 3), *messages(2, 1)])
    points = course_ahead(state, at(2.5), P)
    assert [(point.day - FIRST_DAY, point.messages) for point in points] == [(0, 2), (1, 3)]


def test_an_estimate_for_the_past_is_that_of_the_last_closed_day() -> None:
    state = take_all([*messages(0, 2), survey(10, 9), *messages(20, 1)])
    assert seen(state, 0).risk == read_out(state.belief, P)
