"""How active a member is. Descriptive only: quiet is not lonely, and lurking is normal.

Counts fade by whole days: an act of n days ago weighs 2^(-n/h). So the order of a day's events
does not matter, to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp2

from signals.domain.window import ACTS, COMMENTS, GROUPS, OFFERS, RECEIVED, TURNS

_SHORT, _MIDDLE, _LONG = 2.0, 7.0, 28.0  # half-lives in days
_MONTH = (1 << 28) - 1
_WEEK = (1 << 7) - 1
_YOUNGEST_HABIT = 14  # days of history before "less than usual" means anything
_SESSIONS = 0


@dataclass(slots=True)
class Tally:
    """Fading counts as of the end of `day`; mutable, for speed.

    Each of the three lists holds the six groups of `window`: sessions, asks, offers, comments,
    reactions, messages. `given` and `received` fade with 28 days. Bit n of `days` is set if the
    member was active n days before `day`.
    """

    day: int = 0
    days: int = 0
    short: list[float] = field(default_factory=lambda: [0.0] * GROUPS)
    middle: list[float] = field(default_factory=lambda: [0.0] * GROUPS)
    long: list[float] = field(default_factory=lambda: [0.0] * GROUPS)
    given: float = 0.0
    received: float = 0.0

    def copy(self) -> Tally:
        """An independent tally, to look ahead with."""
        return Tally(self.day, self.days, self.short[:], self.middle[:], self.long[:],
                     self.given, self.received)  # fmt: skip

    def fade_to(self, day: int) -> None:
        """Let whole days pass; never goes back."""
        passed = day - self.day
        if passed <= 0:
            return
        self.day = day
        self.days = (self.days << passed) & _MONTH if passed < 28 else 0
        short, middle, long = _weights(passed)
        self.short = [count * short for count in self.short]
        self.middle = [count * middle for count in self.middle]
        self.long = [count * long for count in self.long]
        self.given *= long
        self.received *= long

    def add(self, day: int, counts: Sequence[int]) -> None:
        """Add one day's counts; a day already past is added with the weight it has left."""
        self.fade_to(day)
        ago = self.day - day
        if any(counts[:ACTS]) and ago < 28:
            self.days |= 1 << ago
        short, middle, long = _weights(ago)
        for group in range(GROUPS):
            count = counts[group]
            if count:
                self.short[group] += count * short
                self.middle[group] += count * middle
                self.long[group] += count * long
        self.given += (counts[TURNS] + counts[COMMENTS] + counts[OFFERS]) * long
        self.received += counts[RECEIVED] * long


@dataclass(frozen=True, slots=True)
class Engagement:
    """`score` see below; `active_days_7` and `_28` are L7 and L28; counts with half-lives 2, 7, 28.

    `reciprocity`, 2·min/(given + received), is 0 one way, 1 both ways alike, None without either.
    It is of the member as a whole: turns opened, comments and offers against replies and answers.
    Who with whom is not known here; reciprocity of pairs comes with a later version.
    `drop` is her rate of late (7 days) over her own habit (28 days): 1 as usual, 0 silent. None in
    the first two weeks and without any acts.
    """

    score: float
    active_days_7: int
    active_days_28: int
    short: tuple[float, ...]
    middle: tuple[float, ...]
    long: tuple[float, ...]
    reciprocity: float | None
    drop: float | None


def score(tally: Tally) -> float:
    """0 to 100: 40·L7/7 + 40·L28/28 + 20·x/(x + 10), x the acts that reach others, half-life 7 d.

    How often lately, how often this month, how much. No act ever lowers it. Those that reach others
    are asks, offers, comments, reactions and messages; sessions count through the days alone.
    """
    week, month = (tally.days & _WEEK).bit_count(), tally.days.bit_count()
    depth = 0.0
    for count in tally.middle[_SESSIONS + 1 :]:
        depth += count
    return 40.0 * week / 7.0 + 40.0 * month / 28.0 + 20.0 * depth / (depth + 10.0)


def read_out(tally: Tally, drop: float | None) -> Engagement:
    """The tally as of its day; `drop` is measured apart, over finished days."""
    given, received = tally.given, tally.received
    both = given + received
    return Engagement(
        score=score(tally),
        active_days_7=(tally.days & _WEEK).bit_count(),
        active_days_28=tally.days.bit_count(),
        short=tuple(tally.short), middle=tuple(tally.middle), long=tuple(tally.long),
        reciprocity=2.0 * min(given, received) / both if both > 0.0 else None,
        drop=drop,
    )  # fmt: skip


def drop_of(tally: Tally, first_day: int) -> float | None:
    """Fast rate over slow rate, both per day and corrected for how short the history is."""
    history = tally.day - first_day + 1
    if history < _YOUNGEST_HABIT:
        return None
    fast, slow = _rate(tally.middle, _MIDDLE, history), _rate(tally.long, _LONG, history)
    return fast / slow if slow > 0.0 else None


def _rate(counts: list[float], half_life: float, history: int) -> float:
    total = 0.0
    for count in counts:
        total += count
    return total * (1.0 - exp2(-1.0 / half_life)) / (1.0 - exp2(-history / half_life))


def _weights(days: int) -> tuple[float, float, float]:
    """What an act of so many days ago still weighs, by half-life."""
    if not days:
        return 1.0, 1.0, 1.0
    return exp2(-days / _SHORT), exp2(-days / _MIDDLE), exp2(-days / _LONG)
