"""Closing days: the one way in which time becomes evidence, for good or just to look ahead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from signals.domain import engagement, risk
from signals.domain.activity import DAY
from signals.domain.filter import Answer, answer, behave, predict
from signals.domain.parameters import Parameters, Source
from signals.domain.state import MemberState
from signals.domain.window import (
    ANSWER_WITHIN,
    CHECK_IN,
    CHECK_IN_AT,
    MESSAGES,
    NO_DAY,
    SURVEY,
    SURVEY_AT,
    Day,
    active,
)


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A point of a member's course: risk and engagement at the end of a day she was active on.

    `day` counts from 1970-01-01 UTC. It is a function of her activities so far, so a replay gives
    the same point; no later event changes it.
    """

    day: int
    p: float
    p_low: float
    p_high: float
    theta: float
    variance: float
    engagement: float
    messages: int
    consent_version: int = 0  # of the text she had agreed to when it was closed


def close(
    state: MemberState, until: int, parameters: Parameters, *, ripe_at: int | None = None
) -> Iterator[ClosedDay]:
    """Close the open days before `until`, one by one, into the state's belief and tally.

    Days without any act are evidence as well, silence, for 28 days after the last active one; what
    is beyond passes in one prediction whenever the next thing happens. With `ripe_at`, turns of
    days not 48 h past then are left out, as they may still be answered.
    """
    belief, tally, first, days = state.belief, state.tally, state.first_open, state.window
    for day, counts in enumerate(days[: max(0, until - first)], first):
        if any(counts):
            tally.add(day, counts)
        if active(counts):
            take_answers(state, counts, (day + 1) * DAY, parameters)
            predict(belief, (day + 1) * DAY, parameters)
            ripe = ripe_at is None or (day + 1) * DAY + ANSWER_WITHIN <= ripe_at
            behave(belief, counts, parameters, ripe=ripe)
            belief.active_day = day
            yield _point(state, day, counts, parameters)
        else:
            _silence(state, day, parameters)
    last = min(until, belief.active_day + parameters.silent_days + 1)
    for day in range(first + len(days), last):
        _silence(state, day, parameters)


def take_answers(state: MemberState, counts: Day, until: int, parameters: Parameters) -> None:
    """The day's survey and check-in, if given by `until`, in the order of their times."""
    survey = Answer(Source.SURVEYS, parameters.survey, counts[SURVEY], counts[SURVEY_AT])
    check_in = Answer(Source.CHECK_INS, parameters.check_in, counts[CHECK_IN], counts[CHECK_IN_AT])
    in_order = (survey, check_in) if survey.at <= check_in.at else (check_in, survey)
    for given in in_order:
        if 0 < given.at <= until:
            answer(state.belief, given, parameters)


def _silence(state: MemberState, day: int, parameters: Parameters) -> None:
    if day - state.belief.active_day <= parameters.silent_days:
        predict(state.belief, (day + 1) * DAY, parameters)
        behave(state.belief, NO_DAY, parameters)


def _point(state: MemberState, day: int, counts: Day, parameters: Parameters) -> ClosedDay:
    now = risk.read_out(state.belief, parameters)
    return ClosedDay(
        day, now.p, now.p_low, now.p_high, now.theta, now.variance,
        engagement.score(state.tally), counts[MESSAGES], state.consent_version,
    )  # fmt: skip
