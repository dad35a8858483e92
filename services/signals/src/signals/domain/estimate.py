"""The answer to "how is she now?": a probability, how sure it is, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from signals.domain import engagement
from signals.domain.activity import DAY
from signals.domain.days import ClosedDay, close, take_answers
from signals.domain.engagement import Engagement
from signals.domain.filter import Belief, predict
from signals.domain.parameters import Parameters, Source
from signals.domain.risk import Risk, probability, read_out
from signals.domain.state import Consent, MemberState
from signals.domain.window import OPEN_DAYS

_RECONTACT_AFTER = 28 * DAY
_REASONS = 3
_SMALLEST_REASON = 0.005  # of θ; less is noise to a reader


class Status(IntEnum):
    """How far to rely on it; the numbers are those of the contract."""

    ESTIMATED = 1
    NEEDS_CHECK_IN = 2  # no survey or check-in yet: behaviour alone says too little for a band
    UNKNOWN_RECONTACT = 3  # silent for more than 28 days: unknown, which is not at risk


class Band(IntEnum):
    """low below .45, raised from .45, high from .60 (of p)."""

    LOW = 1
    RAISED = 2
    HIGH = 3


@dataclass(frozen=True, slots=True)
class Reason:
    """What one source adds: to θ, and to p in percentage points (p with it less p without it).

    Positive is lonelier. Over all sources `theta` sums to θ; `points` do not sum to p.
    """

    source: Source
    theta: float
    points: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """Ages are in ms at `as_of`; None if there never was such a thing. `band` only if ESTIMATED."""

    as_of: int
    model: str
    status: Status
    band: Band | None
    risk: Risk
    reasons: tuple[Reason, ...]
    evidence_age: int | None  # since her last act
    answer_age: int | None  # since her last survey or check-in


def estimate(state: MemberState, as_of: int, parameters: Parameters) -> Estimate | None:
    """Estimate for the time `as_of`, leaving `state` as it is. None without consent.

    Days over by then count as they will when they close; the day that is not over counts with its
    answers alone. It is no time machine: before the last closed day it gives that day's estimate.
    """
    if state.consent is not Consent.GRANTED:
        return None
    belief = _look_ahead(state, as_of, parameters)[0].belief
    risk = read_out(belief, parameters)
    status = _status(state, as_of)
    return Estimate(
        as_of=as_of, model=parameters.version, status=status,
        band=_band(risk.p, parameters) if status is Status.ESTIMATED else None,
        risk=risk, reasons=_reasons(belief, risk, parameters),
        evidence_age=_age(state.last_at, as_of),
        answer_age=_age(max(state.survey_at, state.check_in_at), as_of),
    )  # fmt: skip


def course_ahead(state: MemberState, as_of: int, parameters: Parameters) -> tuple[ClosedDay, ...]:
    """Points of the course for days over at `as_of` but not yet final; empty without consent."""
    if state.consent is not Consent.GRANTED:
        return ()
    return _look_ahead(state, as_of, parameters)[1]


def engagement_at(state: MemberState, as_of: int) -> Engagement | None:
    """Engagement at `as_of`, today's acts included (but for the drop, which needs whole days)."""
    if state.consent is not Consent.GRANTED:
        return None
    tally, today = state.tally.copy(), as_of // DAY
    for day, counts in enumerate(state.window, state.first_open):
        if day < today and any(counts):
            tally.add(day, counts)
    tally.fade_to(today - 1)
    drop = engagement.drop_of(tally, state.first_at // DAY) if state.first_at else None
    tally.fade_to(today)
    if 0 <= today - state.first_open < OPEN_DAYS:
        tally.add(today, state.window[today - state.first_open])
    return engagement.read_out(tally, drop)


def _look_ahead(
    state: MemberState, as_of: int, parameters: Parameters
) -> tuple[MemberState, tuple[ClosedDay, ...]]:
    ahead, today = state.copy(), as_of // DAY
    closed = tuple(close(ahead, today, parameters, ripe_at=as_of))
    if 0 <= today - state.first_open < OPEN_DAYS:
        take_answers(ahead, state.window[today - state.first_open], as_of, parameters)
    predict(ahead.belief, as_of, parameters)
    return ahead, closed


def _status(state: MemberState, as_of: int) -> Status:
    if state.last_at and as_of - state.last_at > _RECONTACT_AFTER:
        return Status.UNKNOWN_RECONTACT
    answered = state.survey_at or state.check_in_at
    return Status.ESTIMATED if answered else Status.NEEDS_CHECK_IN


def _band(p: float, parameters: Parameters) -> Band:
    if p >= parameters.high_from:
        return Band.HIGH
    return Band.RAISED if p >= parameters.raised_from else Band.LOW


def _reasons(belief: Belief, risk: Risk, parameters: Parameters) -> tuple[Reason, ...]:
    """The three that weigh most, in falling order of size."""
    weights = [belief.deviations[source] + belief.set_points[source] for source in Source]
    reasons = []
    for source in sorted(Source, key=lambda source: -abs(weights[source]))[:_REASONS]:
        weight = weights[source]
        if abs(weight) >= _SMALLEST_REASON:
            without = probability(risk.theta - weight, risk.variance, parameters)
            reasons.append(Reason(source, weight, 100.0 * (risk.p - without)))
    return tuple(reasons)


def _age(at: int, as_of: int) -> int | None:
    return max(0, as_of - at) if at else None
