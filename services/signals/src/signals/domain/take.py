"""Taking one activity into a member's state: the only door, and each activity goes through once."""

from __future__ import annotations

from typing import NamedTuple

from signals.domain import window
from signals.domain.activity import DAY, Activity, ActivityKind
from signals.domain.days import ClosedDay, close
from signals.domain.filter import Answer, answer, prior
from signals.domain.parameters import Parameters, Source
from signals.domain.state import Consent, MemberState, key_of

_DECISIONS = {
    ActivityKind.SIGNALS_CONSENT_GRANTED: Consent.GRANTED,
    ActivityKind.SIGNALS_CONSENT_WITHDRAWN: Consent.WITHDRAWN,
    ActivityKind.MEMBER_ERASED: Consent.ERASED,
}
_SURVEY_SCORE, _CHECK_IN = ActivityKind.SURVEY_SCORE, ActivityKind.CHECK_IN
_TWICE_AS_NOISY = 2.0


class Taken(NamedTuple):
    """`changed` is false if there is nothing to store or publish; `closed` are days now final."""

    state: MemberState
    changed: bool
    closed: tuple[ClosedDay, ...]


def take(
    state: MemberState | None, activity: Activity, offset: int, parameters: Parameters
) -> Taken:
    """Take the activity at `offset` of the member's partition, changing `state` in place.

    Nothing happens if its offset was passed already (redelivered) or its id is among the last 64
    (sent twice), without consent, or if it is older than the consent. History that was imported is
    older by nature and is taken, if it comes after the consent in the log.
    """
    if state is None:
        state = MemberState()
    if offset <= state.offset:
        return Taken(state, False, ())
    decision = _DECISIONS.get(activity.kind)
    if decision is not None:
        return _decide(state, decision, activity, offset, parameters)
    if state.consent is not Consent.GRANTED:
        return Taken(state, False, ())
    if activity.at < state.consent_at and not activity.imported:
        return Taken(state, False, ())
    key = key_of(activity.event_id)
    if state.knows(key):
        return Taken(state, False, ())
    state.remember(key)
    state.offset = offset
    state.taken += 1
    return Taken(state, True, _apply(state, activity, parameters))


def _decide(
    state: MemberState, decision: Consent, activity: Activity, offset: int, parameters: Parameters
) -> Taken:
    """The latest decision by event time holds, a withdrawal among equals; erasure is for ever.

    So a decision delivered again, late, or out of order can never bring back a consent. It relies
    on identity to stamp one member's decisions in ascending order. Anything but a repeated grant
    begins from nothing: what was derived is gone. A repeated grant may be of a newer text; what is
    derived from now on rests on that.
    """
    at = activity.at
    known = state.consent_at, state.consent is not Consent.GRANTED
    newer = (at, decision is not Consent.GRANTED) > known
    if state.consent is Consent.ERASED or not (newer or decision is Consent.ERASED):
        return Taken(state, False, ())
    if decision is Consent.GRANTED and state.consent is Consent.GRANTED:
        state.consent_at, state.offset = at, offset
        state.consent_version = activity.consent_version
        return Taken(state, True, ())
    fresh = MemberState(decision, at, offset)
    if decision is Consent.GRANTED:
        fresh.belief = prior(parameters)
        fresh.consent_version = activity.consent_version
    return Taken(fresh, True, ())


def _apply(state: MemberState, activity: Activity, parameters: Parameters) -> tuple[ClosedDay, ...]:
    at, day = activity.at, activity.at // DAY
    closed: tuple[ClosedDay, ...] = ()
    if not state.newest_at:
        state.first_open = day - window.OPEN_DAYS + 1
    elif day - state.first_open >= window.OPEN_DAYS:
        closed = _move_on(state, day - window.OPEN_DAYS + 1, parameters)
    if at > state.newest_at:
        state.newest_at = at
    if day >= state.first_open:
        window.record(state.window, state.first_open, activity)
    else:
        _take_late(state, activity, day, parameters)
    _note_times(state, activity)
    return closed


def _move_on(state: MemberState, first: int, parameters: Parameters) -> tuple[ClosedDay, ...]:
    """Close the days before `first` and let the window begin there."""
    closed = tuple(close(state, first, parameters))
    kept = state.window[first - state.first_open :]
    state.window = kept + window.empty()[len(kept) :]
    state.first_open = first
    return closed


def _take_late(state: MemberState, activity: Activity, day: int, parameters: Parameters) -> None:
    """More than 48 h late: counted, but no evidence; an answer still is, with care."""
    counts = [0] * window.PLACES
    window.record([counts], day, activity)
    state.tally.add(day, counts)
    given = _answer_of(activity, parameters)
    if given is not None:
        latest = state.survey_at if given.source is Source.SURVEYS else state.check_in_at
        caution = _TWICE_AS_NOISY if latest > given.at else 1.0
        answer(state.belief, given, parameters, caution=caution)


def _answer_of(activity: Activity, parameters: Parameters) -> Answer | None:
    value = float(activity.value or 0)
    if activity.kind is _SURVEY_SCORE:
        return Answer(Source.SURVEYS, parameters.survey, value, activity.at)
    if activity.kind is _CHECK_IN:
        return Answer(Source.CHECK_INS, parameters.check_in, value, activity.at)
    return None


def _note_times(state: MemberState, activity: Activity) -> None:
    at, kind = activity.at, activity.kind
    if window.is_act(kind):
        state.last_at = max(state.last_at, at)
        state.first_at = min(state.first_at or at, at)
        if kind is _SURVEY_SCORE:
            state.survey_at = max(state.survey_at, at)
        elif kind is _CHECK_IN:
            state.check_in_at = max(state.check_in_at, at)
