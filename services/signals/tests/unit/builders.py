"""Made-up activities, and the few steps every test of the model begins with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import strategies as st
from signals.domain.activity import DAY, HOUR, Activity, ActivityKind
from signals.domain.parameters import Parameters
from signals.domain.state import MemberState
from signals.domain.take import Taken, take

P = Parameters()
FIRST_DAY = 20_000  # 2024-10-04
MIDNIGHT = FIRST_DAY * DAY
GRANTED, WITHDRAWN = (
    ActivityKind.SIGNALS_CONSENT_GRANTED,
    ActivityKind.SIGNALS_CONSENT_WITHDRAWN,
)
DECISIONS = (GRANTED, WITHDRAWN, ActivityKind.MEMBER_ERASED)
assert datetime.fromtimestamp(MIDNIGHT / 1000, UTC).isoformat() == "2024-10-04T00:00:00+00:00"


def at(day: float) -> int:
    """The time so many days after the first midnight."""
    return MIDNIGHT + round(day * DAY)


def activity(kind: ActivityKind, day: float, number: int = 0, **fields: object) -> Activity:
    """An activity; its id follows from kind, time and `number`."""
    made = Activity(f"{kind}/{at(day)}/{number}", kind, at(day), value=_least(kind))
    return replace(made, **fields)  # type: ignore[arg-type]  # the caller knows the fields


def _least(kind: ActivityKind) -> int | None:
    return {ActivityKind.CHECK_IN: 0, ActivityKind.SURVEY_SCORE: 3}.get(kind)


def survey(day: float, value: int) -> Activity:
    return activity(ActivityKind.SURVEY_SCORE, day, value=value)


def check_in(day: float, value: int) -> Activity:
    return activity(ActivityKind.CHECK_IN, day, value=value)


def messages(day: float, count: int, *, opens_turn: bool = False) -> list[Activity]:
    """So many messages, a second apart."""
    return [
        activity(ActivityKind.MESSAGE_SENT, day + n / 86_400, n, opens_turn=opens_turn)
        for n in range(count)
    ]


def consented(since: float = -1000.0) -> MemberState:
    """A member who agreed, long ago unless told otherwise, and did nothing yet."""
    return take(None, activity(GRANTED, since), 0, P).state


def take_all(
    activities: Iterable[Activity], state: MemberState | None = None, parameters: Parameters = P
) -> MemberState:
    """Take them in this order, at the offsets that follow."""
    state = state or consented()
    for one in activities:
        state = take(state, one, state.offset + 1, parameters).state
    return state


def run(activities: Iterable[Activity], state: MemberState | None = None) -> list[Taken]:
    """Take them in this order and keep every answer, each with a state of its own."""
    state = state or consented()
    answers = []
    for one in activities:
        taken = take(state, one, state.offset + 1, P)
        state = taken.state
        answers.append(taken._replace(state=state.copy()))
    return answers


KINDS = [kind for kind in ActivityKind if kind not in DECISIONS]
# How long until the next activity, in ms: mostly soon, sometimes after days, rarely after a year.
STEPS = [0, 1, 60_000, HOUR, 7 * HOUR, 17 * HOUR, DAY, 2 * DAY + 1, 9 * DAY, 33 * DAY, 400 * DAY]


def an_activity(days: st.SearchStrategy[float]) -> st.SearchStrategy[Activity]:
    """Anything a member may do but decide about her consent."""
    return st.builds(_any, st.sampled_from(KINDS), days, st.integers(0, 10**6))


def _any(kind: ActivityKind, day: float, number: int) -> Activity:
    """One of every sort; `number` decides what is left open."""
    made = activity(kind, day, number)
    if kind is ActivityKind.MESSAGE_SENT:
        return replace(made, opens_turn=number % 2 == 0)
    if kind in (ActivityKind.REPLY_RECEIVED, ActivityKind.POST_ANSWERED):
        return replace(made, reply_latency_ms=None if number % 7 == 0 else number % 97 * HOUR)
    if kind is ActivityKind.CHECK_IN:
        return replace(made, value=number % 5)
    if kind is ActivityKind.SURVEY_SCORE:
        return replace(made, value=3 + number % 7)
    return made


def histories(*, most: int = 25, disorder: float = 0.0) -> st.SearchStrategy[list[Activity]]:
    """A member's log: mostly close together, with gaps of up to a year; ids are unique.

    With `disorder`, an activity may come up to so many days after a later one.
    """
    one = st.tuples(st.sampled_from(KINDS), st.sampled_from(STEPS), st.integers(0, 10**6))

    def log(drawn: list[tuple[ActivityKind, int, int]]) -> list[Activity]:
        made, day = [], 0.0
        for place, (kind, step, number) in enumerate(drawn):
            day += (step + number % 1000) / DAY
            late = disorder * (number % 11) / 11
            made.append(replace(_any(kind, max(0.0, day - late), number), event_id=f"{place}"))
        return made

    return st.lists(one, min_size=1, max_size=most).map(log)
