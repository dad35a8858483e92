"""The days still open: what a member did on them is only counted, so its order cannot matter.

A day (UTC, event time) closes once her newest event is 48 h past its end. By then a turn opened on
it is known as answered or not, and whatever came up to 48 h late stands where it belongs. Three
days are open at most, each a flat list of the numbers below: the whole window is bounded.
"""

from __future__ import annotations

from signals.domain.activity import DAY, Activity, ActivityKind

OPEN_DAYS = 3
ANSWER_WITHIN = 2 * DAY

# Places in a day's list. The first six are the groups engagement counts; the first seven are acts
# of the member's own, that make the day an active one.
SESSIONS, ASKS, OFFERS, COMMENTS, REACTIONS, MESSAGES, OTHER = range(7)
TURNS, ANSWERED, RECEIVED, SURVEY_AT, SURVEY, CHECK_IN_AT, CHECK_IN = range(7, 14)
GROUPS, ACTS, PLACES = 6, 7, 14

Day = list[int]
NO_DAY: tuple[int, ...] = (0,) * PLACES

_PLACE = {
    ActivityKind.ASK: ASKS,
    ActivityKind.OFFER: OFFERS,
    ActivityKind.SHARE: OTHER,
    ActivityKind.COMMENT: COMMENTS,
    ActivityKind.REACTION: REACTIONS,
    ActivityKind.MESSAGE_SENT: MESSAGES,
    ActivityKind.MESSAGE_READ: OTHER,
    ActivityKind.REPLY_RECEIVED: RECEIVED,
    ActivityKind.SESSION: SESSIONS,
    ActivityKind.STEP_DONE: OTHER,
    ActivityKind.CHECK_IN: OTHER,
    ActivityKind.SURVEY_SCORE: OTHER,
    ActivityKind.POST_ANSWERED: RECEIVED,
}
# By number, for speed. What has no place (an enrollment, say) moves time on and counts as nothing.
PLACE_OF = (-1, *(_PLACE.get(kind, -1) for kind in ActivityKind))
_MESSAGE_SENT, _REPLY_RECEIVED = ActivityKind.MESSAGE_SENT, ActivityKind.REPLY_RECEIVED
_CHECK_IN, _SURVEY_SCORE = ActivityKind.CHECK_IN, ActivityKind.SURVEY_SCORE


def empty() -> list[Day]:
    """A window in which nothing happened yet."""
    return [[0] * PLACES for _ in range(OPEN_DAYS)]


def active(day: Day) -> bool:
    """Whether the member did anything herself."""
    return any(day[:ACTS])


def is_act(kind: ActivityKind) -> bool:
    """Whether the member did it, and it did not merely happen to her."""
    return 0 <= PLACE_OF[kind] < ACTS


def record(window: list[Day], first: int, activity: Activity) -> None:
    """Count the activity on its day; `first` is the number of the window's first day."""
    kind = activity.kind
    place = PLACE_OF[kind]
    if place < 0:
        return
    today = window[activity.at // DAY - first]
    today[place] += 1
    if kind is _MESSAGE_SENT:
        today[TURNS] += activity.opens_turn
    elif kind is _REPLY_RECEIVED:
        _answer(window, first, activity)
    elif kind is _SURVEY_SCORE:
        _keep_last(today, SURVEY_AT, activity)
    elif kind is _CHECK_IN:
        _keep_last(today, CHECK_IN_AT, activity)


def _answer(window: list[Day], first: int, activity: Activity) -> None:
    """Credit the answer to the day on which the turn was opened, if it came within 48 h."""
    latency = activity.reply_latency_ms
    if latency is None or latency > ANSWER_WITHIN:
        return
    opened = (activity.at - latency) // DAY - first
    if opened >= 0:
        window[opened][ANSWERED] += 1


def _keep_last(today: Day, place: int, activity: Activity) -> None:
    """One answer a day counts, the last: answers of one day say the same thing twice."""
    value = activity.value or 0
    if (activity.at, value) > (today[place], today[place + 1]):
        today[place], today[place + 1] = activity.at, value
