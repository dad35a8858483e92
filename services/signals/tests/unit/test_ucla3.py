"""On real answers the survey channel is worth having: one wave forecasts the next.

Data: Hodgetts, Williams, Butler, *Adverse effects of loneliness but no effect of gaming on mental
health in gamers during three UK COVID-19 lockdowns* (CC BY 4.0). The filter's priors were fixed
before and are not fitted to it. The time between the waves is not in the data: 90 days are assumed,
and nothing below hangs on it.
"""

from __future__ import annotations

import csv
from math import sqrt
from pathlib import Path

import pytest
from signals.domain.estimate import estimate
from signals.domain.risk import NORMAL_90, Risk

from services.signals.tests.unit.builders import P, at, survey, take_all

DATA = Path(__file__).parent / "data" / "ucla3_before_during.csv"


@pytest.fixture(scope="module")
def waves() -> list[tuple[int, int]]:
    """Both sums of everybody who answered all items."""
    with DATA.open() as file:
        rows = list(csv.DictReader(file))
    items = [
        [row[f"{wave}_{i}"] for wave in ("before", "during") for i in (1, 2, 3)] for row in rows
    ]
    complete = [[int(item) for item in row] for row in items if all(row)]
    return [(sum(row[:3]), sum(row[3:])) for row in complete]


def forecast(first: int, days: float) -> Risk:
    now = estimate(take_all([survey(0, first)]), at(days), P)
    assert now is not None
    return now.risk


def expected_score(risk: Risk) -> float:
    return P.survey.centre + P.survey.slope * risk.theta


def root_mean_square(errors: list[float]) -> float:
    return sqrt(sum(error * error for error in errors) / len(errors))


def test_only_complete_answers_are_scored(waves: list[tuple[int, int]]) -> None:
    assert len(waves) == 219


@pytest.mark.parametrize("days", [14, 90, 365])
def test_the_forecast_beats_the_mean_of_the_wave_and_the_last_value(
    waves: list[tuple[int, int]], days: float
) -> None:
    n, total = len(waves), sum(second for _, second in waves)
    forecasts = [second - expected_score(forecast(first, days)) for first, second in waves]
    of_others = [second - (total - second) / (n - 1) for _, second in waves]
    carried = [float(second - first) for first, second in waves]
    assert root_mean_square(forecasts) < 0.85 * root_mean_square(of_others)
    assert root_mean_square(forecasts) < root_mean_square(carried)


def test_eighty_percent_of_the_answers_lie_within_the_80_percent_interval(
    waves: list[tuple[int, int]],
) -> None:
    inside = 0
    for first, second in waves:
        risk = forecast(first, 90)
        spread = sqrt(P.survey.slope**2 * risk.variance + P.survey.noise)
        inside += abs(second - expected_score(risk)) <= NORMAL_90 * spread
    assert 0.75 <= inside / len(waves) <= 0.90


def test_probabilities_beat_the_base_rate(waves: list[tuple[int, int]]) -> None:
    lonely = [second >= P.cut for _, second in waves]
    base = sum(lonely) / len(lonely)
    brier = [
        (forecast(first, 90).p - outcome) ** 2
        for (first, _), outcome in zip(waves, lonely, strict=True)
    ]
    assert sum(brier) / len(brier) < 0.8 * base * (1 - base)
