"""What the model believes before it has seen anybody, and where each number comes from.

Marks: [F] found in published text, [K] an expert's knowledge, not verified, [A] assumed here and
to be replaced by the site's own value. Whoever changes a number changes `version` too: it stands
beside every estimate, so that each can be recomputed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from math import exp2, sqrt
from typing import NamedTuple

from signals.domain.window import ASKS, MESSAGES, SESSIONS


class Source(IntEnum):
    """What can move an estimate; the first four are behaviours and index a member's habits."""

    MESSAGES_SENT = 0
    ASKS = 1
    SESSIONS = 2
    REPLY_RATIO = 3
    SURVEYS = 4
    CHECK_INS = 5


class Counted(NamedTuple):
    """A behaviour counted per day: where it stands in a bin, its loading b, the usual number."""

    slot: int
    loading: float
    usual: float


class Scale(NamedTuple):
    """How an answer follows from θ: answer = centre + slope·θ + error of variance `noise`."""

    centre: float
    slope: float
    noise: float


@dataclass(frozen=True, slots=True)
class Parameters:
    """Priors of the filter; θ = d + μ is in standard deviations of the site's true score."""

    version: str = "loneliness-1"

    # UCLA-3: sum 3 to 9, six or more counts as lonely [F trial NCT05687162]
    survey_mean: float = 5.4  # programmes that recruit lonely people [K]; population 3.89 [K]
    survey_sd: float = 1.8  # [K]; population 1.34 [K]
    survey_reliability: float = 0.75  # alpha .72 [F Hughes 2004]; replace by the site's
    cut: float = 6.0

    # check-in: 0 worst to 4 best
    check_in_mean: float = 2.0  # [A]
    check_in_sd: float = 1.2  # [A]
    check_in_reliability: float = 0.45  # [K] one item

    # how θ moves: mostly trait-like [F Mund 2020]; implies r(28 d) = .55 and r(84 d) = .49
    v_d: float = 0.35
    v_mu: float = 0.65
    half_life_days: float = 14.0  # of a deviation d from the set point μ [K]
    q_mu: float = 0.001  # drift of μ per day [K]

    # behaviour; small on purpose: online behaviour alone says little, r = .052 [F Zhang 2022]
    counted: tuple[Counted, ...] = (  # in the order of Source
        Counted(MESSAGES, -0.15, 0.5),  # sign [K], usual number a day [A]
        Counted(ASKS, +0.20, 0.05),
        Counted(SESSIONS, -0.05, 0.5),  # weak: quiet is not lonely
    )
    reply_loading: float = -0.20  # reciprocity [F Joyce & Kraut 2006, for retention]
    reply_usual: float = 0.6  # part of turns answered within 48 h [A]; 61 % of newcomers' posts [F]
    habit_half_life_days: float = 28.0
    habit_prior_days: float = 7.0  # the usual numbers weigh as much as a week of the member's own
    temper: float = 0.5  # w: days resemble each other, so each counts half [K]
    dispersion: float = 0.7  # φ: counts vary more than Poisson [K]
    clustering: float = 0.15  # slope of ω: answers come together [K]
    clip: float = 1.5  # most that one day may say
    silent_days: int = 28  # silence speaks no longer than this

    # bands on p; hysteresis, dwell and cool-down belong to the alert, not to the estimate
    high_from: float = 0.60
    raised_from: float = 0.45

    survey: Scale = field(init=False)
    check_in: Scale = field(init=False)
    day_fade: float = field(init=False)
    habit_fade: float = field(init=False)

    def __post_init__(self) -> None:
        survey = _scale(self.survey_mean, self.survey_sd, self.survey_reliability)
        check_in = _scale(self.check_in_mean, -self.check_in_sd, self.check_in_reliability)
        object.__setattr__(self, "survey", survey)
        object.__setattr__(self, "check_in", check_in)
        object.__setattr__(self, "day_fade", exp2(-1.0 / self.half_life_days))
        object.__setattr__(self, "habit_fade", exp2(-1.0 / self.habit_half_life_days))


def _scale(mean: float, sd: float, reliability: float) -> Scale:
    """A negative `sd` turns the scale: a higher answer then means less lonely."""
    return Scale(mean, sd * sqrt(reliability), sd * sd * (1.0 - reliability))
