"""What the histograms of two moments say of how late an event loop was in between."""

from __future__ import annotations

import math

from kith_cli.bench.probe import late_per_mille, worst_late

BEFORE = {0.01: 90.0, 0.02: 100.0, 0.05: 101.0, math.inf: 101.0}
AFTER = {0.01: 1080.0, 0.02: 1097.0, 0.05: 1101.0, math.inf: 1101.0}


def test_only_what_came_between_counts() -> None:
    assert worst_late(BEFORE, AFTER) == 0.05
    assert worst_late(AFTER, {name: count + 2 for name, count in AFTER.items()}) == 0.01
    assert late_per_mille(BEFORE, AFTER, 0.02) == 3.0
    assert late_per_mille(BEFORE, AFTER, 0.05) == 0.0


def test_a_loop_that_did_not_look_was_not_late() -> None:
    assert late_per_mille(AFTER, AFTER, 0.02) == 0.0
