"""The read-out: what a belief amounts to, in the units people decide by."""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, sqrt

from signals.domain.filter import Belief
from signals.domain.parameters import Parameters

NORMAL_90 = 1.2815515655446004  # quantile of the normal distribution: 80 % lie within ± this


@dataclass(frozen=True, slots=True)
class Risk:
    """Probability of a UCLA-3 sum of at least the cut if asked now, and its 80 % interval.

    The interval says how well θ is known: what the probability would be at the ends of θ's own.
    """

    p: float
    p_low: float
    p_high: float
    theta: float
    theta_low: float
    theta_high: float
    variance: float


def read_out(belief: Belief, parameters: Parameters) -> Risk:
    """What the belief amounts to."""
    theta, variance = belief.theta, belief.variance
    reach = NORMAL_90 * sqrt(variance)
    p = probability(theta, variance, parameters)
    return Risk(
        p=p,
        p_low=min(p, probability(theta - reach, 0.0, parameters)),
        p_high=max(p, probability(theta + reach, 0.0, parameters)),
        theta=theta, theta_low=theta - reach, theta_high=theta + reach, variance=variance,
    )  # fmt: skip


def probability(theta: float, variance: float, parameters: Parameters) -> float:
    """Φ of how far the expected answer is past the cut; half a point below, answers being whole."""
    scale = parameters.survey
    expected = scale.centre + scale.slope * theta - (parameters.cut - 0.5)
    return 0.5 * erfc(-expected / sqrt(2.0 * (scale.slope * scale.slope * variance + scale.noise)))
