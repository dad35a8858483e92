"""What is believed about one member's loneliness, and how time, answers and behaviour move it.

A Gaussian filter on θ = d + μ: d, a deviation that fades with a half-life of two weeks, and μ, her
set point. Whatever moves the two is booked to its source, so that Σ deviations = d and
Σ set points = μ at all times: the reasons for an estimate are the estimate, taken apart.

Sums are written out, since `sum` of floats is not the same number in Python 3.11 and 3.12.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, exp2
from typing import NamedTuple

from signals.domain.activity import DAY
from signals.domain.parameters import Parameters, Scale, Source
from signals.domain.window import ANSWERED, NO_DAY, TURNS

NEVER = -1_000_000  # a day number before all days
_BEHAVIOURS, _SOURCES = 4, len(Source)
_REPLY_RATIO = int(Source.REPLY_RATIO)


@dataclass(slots=True)
class Belief:
    """Mutable, for speed; 27 numbers. A fresh one believes nothing; begin with `prior`."""

    d: float = 0.0
    mu: float = 0.0
    p_dd: float = 0.0  # covariance of (d, μ)
    p_dm: float = 0.0
    p_mm: float = 0.0
    at: int = 0  # the time it is of; 0: of no time yet
    active_day: int = NEVER
    # The member's own habit per behaviour, fading sums: how much, in how many days (turns).
    amounts: list[float] = field(default_factory=lambda: [0.0] * _BEHAVIOURS)
    exposures: list[float] = field(default_factory=lambda: [0.0] * _BEHAVIOURS)
    # Per source, what it has added to d and to μ.
    deviations: list[float] = field(default_factory=lambda: [0.0] * _SOURCES)
    set_points: list[float] = field(default_factory=lambda: [0.0] * _SOURCES)

    def copy(self) -> Belief:
        """An independent belief, to look ahead with."""
        return Belief(
            self.d, self.mu, self.p_dd, self.p_dm, self.p_mm, self.at, self.active_day,
            self.amounts[:], self.exposures[:], self.deviations[:], self.set_points[:],
        )  # fmt: skip

    @property
    def theta(self) -> float:
        return self.d + self.mu

    @property
    def variance(self) -> float:
        return self.p_dd + 2.0 * self.p_dm + self.p_mm


def prior(parameters: Parameters) -> Belief:
    """What is believed about somebody never heard of."""
    return Belief(p_dd=parameters.v_d, p_mm=parameters.v_mu)


def predict(belief: Belief, at: int, parameters: Parameters) -> None:
    """Let time pass until `at`; exact for any gap, however it is divided. Never goes back."""
    if belief.at == 0:
        belief.at = at
        return
    days = (at - belief.at) / DAY
    if days <= 0.0:
        return
    fade = parameters.day_fade if days == 1.0 else exp2(-days / parameters.half_life_days)
    belief.at = at
    belief.d *= fade
    belief.p_dd = fade * fade * belief.p_dd + parameters.v_d * (1.0 - fade * fade)
    belief.p_dm *= fade
    belief.p_mm += parameters.q_mu * days
    belief.deviations = [part * fade for part in belief.deviations]


class Answer(NamedTuple):
    """What a member said about herself, on which scale and when."""

    source: Source
    scale: Scale
    value: float
    at: int


def answer(belief: Belief, given: Answer, parameters: Parameters, *, caution: float = 1.0) -> None:
    """Take an answer; `caution` multiplies its noise.

    One that comes late is taken for what it says about the time it was given: d then was h·d now
    plus a part since forgotten (the process is the same in both directions of time), so it counts
    through h and is noisier by the forgotten part.
    """
    source, scale, value, at = given
    predict(belief, at, parameters)
    late = (belief.at - at) / DAY
    h = exp2(-late / parameters.half_life_days) if late > 0.0 else 1.0
    slope, p_dd, p_dm, p_mm = scale.slope, belief.p_dd, belief.p_dm, belief.p_mm
    forgotten = parameters.v_d * (1.0 - h * h) + parameters.q_mu * late
    noise = scale.noise * caution + slope * slope * forgotten
    spread = slope * slope * (h * h * p_dd + 2.0 * h * p_dm + p_mm) + noise
    gain_d = slope * (h * p_dd + p_dm) / spread
    gain_m = slope * (h * p_dm + p_mm) / spread

    surprise = value - scale.centre
    for k in range(_SOURCES):
        said = slope * (h * belief.deviations[k] + belief.set_points[k])
        belief.deviations[k] -= gain_d * said
        belief.set_points[k] -= gain_m * said
    belief.deviations[source] += gain_d * surprise
    belief.set_points[source] += gain_m * surprise
    surprise -= slope * (h * belief.d + belief.mu)
    belief.d += gain_d * surprise
    belief.mu += gain_m * surprise

    # P - K·H·P, arranged so that no variance is ever the difference of two numbers.
    shared = slope * slope * (p_dd * p_mm - p_dm * p_dm)
    belief.p_dd = (noise * p_dd + shared) / spread
    belief.p_dm = (noise * p_dm - h * shared) / spread
    belief.p_mm = (noise * p_mm + h * h * shared) / spread


def behave(
    belief: Belief,
    day: Sequence[int],
    parameters: Parameters,
    *,
    ripe: bool = True,
    community: float = 1.0,
) -> None:
    """Take one whole day as evidence against the member's own habit, then let it become habit.

    Nothing done speaks as loudly as much was usual. A behaviour never seen has no habit, and its
    first day starts one. Unless `ripe`, turns may still be answered and say nothing yet.
    `community` is what the whole network did over what was usual (1 until it is measured).
    """
    said, information = [0.0] * _BEHAVIOURS, 0.0
    amounts, exposures, fade = belief.amounts, belief.exposures, parameters.habit_fade
    weight, phi = parameters.habit_prior_days, parameters.dispersion
    for k, (place, loading, usual) in enumerate(parameters.counted):
        count, exposure = day[place], exposures[k]
        if exposure > 0.0:
            rate = (amounts[k] + weight * usual) / (exposure + weight)
            expected = rate * community * exp(loading * belief.d)
            said[k] = loading * (count - expected) / (1.0 + phi * expected)
            information += loading * loading * expected / (1.0 + phi * expected)
        elif not count:
            continue
        amounts[k] = amounts[k] * fade + count
        exposures[k] = exposure * fade + community

    information += _turns(belief, day if ripe else NO_DAY, said, parameters)
    _learn(belief, said, information, parameters)


def _turns(belief: Belief, day: Sequence[int], said: list[float], parameters: Parameters) -> float:
    """Take the part of turns that were answered; returns its information."""
    k, turns, weight = _REPLY_RATIO, day[TURNS], parameters.habit_prior_days
    answered = min(day[ANSWERED], turns)
    had, of = belief.amounts[k] * parameters.habit_fade, belief.exposures[k] * parameters.habit_fade
    belief.amounts[k], belief.exposures[k] = had + answered, of + turns
    if not turns:
        return 0.0
    usual = (had + weight * parameters.reply_usual) / (of + weight)
    omega, loading = 1.0 + parameters.clustering * (turns - 1), parameters.reply_loading
    said[k] = loading * (answered - turns * usual) / omega
    return loading * loading * turns * usual * (1.0 - usual) / omega


def _learn(belief: Belief, said: list[float], information: float, parameters: Parameters) -> None:
    """Move the belief by one day's score, bounded, each behaviour by its share."""
    total = 0.0
    for part in said:
        total += part
    temper = parameters.temper
    if abs(temper * total) > parameters.clip:
        temper = parameters.clip / abs(total)
    push = temper * total
    precision = parameters.temper * information
    p_dd, p_dm, p_mm = belief.p_dd, belief.p_dm, belief.p_mm
    shrink = 1.0 + precision * p_dd
    gain_d, gain_m = p_dd / shrink, p_dm / shrink
    belief.d += gain_d * push
    belief.mu += gain_m * push
    for k, part in enumerate(said):
        belief.deviations[k] += gain_d * temper * part
        belief.set_points[k] += gain_m * temper * part
    belief.p_dd, belief.p_dm = gain_d, gain_m
    belief.p_mm = (p_mm + precision * (p_dd * p_mm - p_dm * p_dm)) / shrink
