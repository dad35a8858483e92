"""The filter: exact over any gap, honest about its reasons, and the published numbers by hand."""

from __future__ import annotations

from math import erfc, exp, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signals.domain.activity import DAY, Activity
from signals.domain.filter import Answer, Belief, answer, behave, predict, prior
from signals.domain.parameters import Parameters, Source
from signals.domain.risk import read_out
from signals.domain.window import ASKS, MESSAGES, NO_DAY, PLACES, SESSIONS, TURNS

from services.signals.tests.unit.builders import P, at, histories, take_all

ANSWERED = TURNS + 1
gaps = st.integers(1, 400 * DAY)


def told(value: float, day: float = 0.0) -> Answer:
    return Answer(Source.SURVEYS, P.survey, value, at(day))


def day_of(**counts: int) -> list[int]:
    places = {"messages": MESSAGES, "asks": ASKS, "sessions": SESSIONS, "turns": TURNS}
    made = [0] * PLACES
    for name, count in counts.items():
        made[{**places, "answered": ANSWERED}[name]] = count
    return made


def used_to(**counts: int) -> Belief:
    """Somebody who has done the same each day for a year, and of whom nothing else is known."""
    belief = prior(P)
    for _ in range(365):
        behave(belief, day_of(**counts), P)
    fresh = prior(P)
    fresh.amounts, fresh.exposures = belief.amounts, belief.exposures
    return fresh


def moved(belief: Belief, day: list[int] | tuple[int, ...]) -> float:
    before = belief.theta
    behave(belief, day, P)
    return belief.theta - before


@given(gaps, gaps, st.integers(3, 9))
def test_a_gap_is_predicted_alike_however_it_is_divided(one: int, two: int, score: int) -> None:
    at_once = prior(P)
    answer(at_once, told(score), P)
    in_two = at_once.copy()
    predict(at_once, at(0) + one + two, P)
    predict(in_two, at(0) + one, P)
    predict(in_two, at(0) + one + two, P)
    for name in ("d", "mu", "p_dd", "p_dm", "p_mm", "at"):
        assert getattr(in_two, name) == pytest.approx(getattr(at_once, name), rel=1e-11, abs=1e-13)
    assert in_two.deviations == pytest.approx(at_once.deviations, rel=1e-11, abs=1e-13)


def test_predicting_never_goes_back() -> None:
    belief = prior(P)
    answer(belief, told(9, 5), P)
    before = belief.copy()
    predict(belief, at(3), P)
    assert belief == before


def test_one_survey_of_8_on_the_prior_is_what_the_closed_form_says() -> None:
    # By hand: c1² = 3.24·.75 = 2.43, R = 3.24·.25 = .81, V = 1, so S = 3.24, and V is all but
    # divided by four; K·2.6 = [.35, .65]·√2.43/3.24·2.6.
    belief = prior(P)
    answer(belief, told(8), P)
    theta = sqrt(2.43) / 3.24 * 2.6
    assert (belief.d, belief.mu) == pytest.approx((0.35 * theta, 0.65 * theta), abs=1e-15)
    assert belief.theta == pytest.approx(1.250926, abs=1e-6)
    assert belief.variance == pytest.approx(0.25, abs=1e-15)
    assert belief.p_dd == pytest.approx(0.35 - 0.35**2 * 0.75, abs=1e-15)
    assert belief.p_dm == pytest.approx(-0.35 * 0.65 * 0.75, abs=1e-15)
    assert belief.p_mm == pytest.approx(0.65 - 0.65**2 * 0.75, abs=1e-15)
    risk = read_out(belief, P)
    # expected answer 5.4 + 1.95 = 7.35, its variance 2.43·.25 + .81 = 1.4175: Φ(1.85/1.19059)
    assert risk.p == pytest.approx(0.9398904, abs=1e-6)
    assert risk.p == pytest.approx(0.5 * erfc(-1.85 / sqrt(2 * 1.4175)), abs=1e-12)
    assert (risk.theta_low, risk.theta_high) == pytest.approx((0.610150, 1.891702), abs=1e-6)


def test_the_prior_alone_is_nearly_a_coin_toss_with_a_very_wide_interval() -> None:
    risk = read_out(prior(P), P)
    assert risk.p == pytest.approx(0.5 * erfc(0.1 / 1.8 / sqrt(2)), abs=1e-15)
    assert risk.p_low < 0.02
    assert risk.p_high > 0.97


@pytest.mark.parametrize("days, published", [(28, 0.55), (84, 0.49)])
def test_the_parameters_imply_the_published_stability_of_scores(
    days: int, published: float
) -> None:
    # The forecast's slope on the first score is the correlation of the two scores (equal
    # variances), but for the drift of μ, which is left out of the published figure.
    p = Parameters(q_mu=0.0)
    forecasts = []
    for score in (5.0, 6.0):
        belief = prior(p)
        answer(belief, told(score), p)
        predict(belief, at(days), p)
        forecasts.append(p.survey.centre + p.survey.slope * belief.theta)
    correlation = forecasts[1] - forecasts[0]
    assert correlation == pytest.approx(published, abs=0.005)
    assert correlation == pytest.approx(0.75 * (0.65 + 0.35 * 2 ** (-days / 14)), abs=1e-12)


def test_a_check_in_says_the_same_as_its_z_score_and_less_than_a_survey() -> None:
    belief = prior(P)
    answer(belief, Answer(Source.CHECK_INS, P.check_in, 0, at(0)), P)
    # reliability .45: θ ← √.45·z / (.45·1 + .55), z = (2 - 0)/1.2; V ← 1 - .45
    assert belief.theta == pytest.approx(sqrt(0.45) * 2 / 1.2, abs=1e-12)
    assert belief.variance == pytest.approx(0.55, abs=1e-12)


def test_a_high_check_in_means_less_lonely() -> None:
    belief = prior(P)
    answer(belief, Answer(Source.CHECK_INS, P.check_in, 4, at(0)), P)
    assert belief.theta < 0


def test_silence_speaks_where_much_is_usual_and_says_almost_nothing_of_a_lurker() -> None:
    talker, lurker = used_to(messages=5), used_to(messages=0)
    lurker.amounts[0], lurker.exposures[0] = 0.1 * 41, 41.0  # expects about .16 a day
    loud, faint = moved(talker, NO_DAY), moved(lurker, NO_DAY)
    # By hand: r = (5·40.9 + 3.5)/47.9 = 4.342, u = -r/(1 + .7r) = -1.075; θ moves by
    # Pdd·w·b·u/(1 + J·Pdd) with J = w·b²·r/(1 + .7r)
    b0 = 1 / (1 - 2 ** (-1 / 28))
    r = (5 * b0 + 3.5) / (b0 + 7)
    u, j = -r / (1 + 0.7 * r), 0.5 * 0.15**2 * r / (1 + 0.7 * r)
    assert loud == pytest.approx(0.35 * 0.5 * -0.15 * u / (1 + 0.35 * j), rel=1e-4)
    assert 0 < faint < loud / 5
    assert faint < 0.005


def test_a_behaviour_never_seen_has_no_habit_to_depart_from() -> None:
    assert moved(prior(P), NO_DAY) == 0.0
    assert moved(prior(P), day_of(messages=50)) == 0.0


@pytest.mark.parametrize(
    "usual, today, sign",
    [
        ({"messages": 5}, {"messages": 15}, -1),
        ({"asks": 1}, {"asks": 4}, +1),
        ({"sessions": 4}, {"sessions": 12}, -1),
        ({"turns": 4, "answered": 3}, {"turns": 4, "answered": 4}, -1),
        ({"turns": 4, "answered": 3}, {"turns": 4, "answered": 0}, +1),
    ],
)
def test_each_behaviour_points_where_its_loading_says(
    usual: dict[str, int], today: dict[str, int], sign: int
) -> None:
    assert moved(used_to(**usual), day_of(**today)) * sign > 0.001


def test_turns_that_may_still_be_answered_say_nothing_yet() -> None:
    ripe, unripe = prior(P), prior(P)
    behave(ripe, day_of(turns=5), P)
    behave(unripe, day_of(turns=5), P, ripe=False)
    assert ripe.theta > 0
    assert unripe.theta == 0


def test_more_answers_than_turns_count_as_all_turns_answered() -> None:
    exact, excess = prior(P), prior(P)
    behave(exact, day_of(turns=2, answered=2), P)
    behave(excess, day_of(turns=2, answered=9), P)
    assert exact == excess


def test_what_the_whole_network_did_is_not_held_for_or_against_one_member() -> None:
    outage, alone = used_to(messages=5), used_to(messages=5)
    behave(outage, NO_DAY, P, community=0.01)
    behave(alone, NO_DAY, P)
    assert 0 < outage.theta < alone.theta / 10


def test_no_single_day_says_more_than_the_clip_and_its_parts_share_it() -> None:
    belief = used_to(messages=1, asks=1, turns=1, answered=1)
    behave(belief, day_of(messages=10_000, asks=1), P)
    assert belief.d == pytest.approx(-1.5 * 0.35, rel=0.02)
    assert sum(belief.deviations) == pytest.approx(belief.d, abs=1e-12)


@pytest.mark.parametrize("late", [0.0, 0.5, 3.0, 20.0])
def test_a_late_survey_on_an_untouched_prior_is_as_good_as_one_in_time(late: float) -> None:
    # The one case in which a belief about the past is known exactly, so that the answer must be.
    p = Parameters(q_mu=0.0)
    in_time, too_late = prior(p), prior(p)
    answer(in_time, told(8, 0), p)
    predict(in_time, at(late), p)
    predict(too_late, at(late), p)
    answer(too_late, told(8, 0), p)
    for name in ("d", "mu", "p_dd", "p_dm", "p_mm"):
        assert getattr(too_late, name) == pytest.approx(getattr(in_time, name), abs=1e-12)


def test_caution_makes_an_answer_weigh_less() -> None:
    sure, careful = prior(P), prior(P)
    answer(sure, told(9), P)
    answer(careful, told(9), P, caution=2.0)
    assert 0 < careful.theta < sure.theta
    assert careful.variance == pytest.approx(1 - 2.43 / (2.43 + 2 * 0.81), abs=1e-12)


@given(histories(disorder=10.0))
def test_reasons_add_up_to_the_state(history: list[Activity]) -> None:
    belief = take_all(history).belief
    assert sum(belief.deviations) == pytest.approx(belief.d, abs=1e-12)
    assert sum(belief.set_points) == pytest.approx(belief.mu, abs=1e-12)


@given(histories(disorder=10.0))
def test_the_covariance_stays_positive_and_everything_finite(history: list[Activity]) -> None:
    state = take_all(history)
    belief = state.belief
    assert belief.p_dd > 0
    assert belief.p_mm > 0
    assert belief.p_dd * belief.p_mm - belief.p_dm**2 > 0
    assert belief.p_dd <= P.v_d + 1e-12
    assert abs(belief.theta) < 100
    risk = read_out(belief, P)
    assert 0 <= risk.p_low <= risk.p <= risk.p_high <= 1


def test_the_fade_of_a_day_is_that_of_the_half_life() -> None:
    assert P.day_fade**14 == pytest.approx(0.5, abs=1e-14)
    assert P.day_fade == pytest.approx(exp(-0.6931471805599453 / 14), abs=1e-15)
