"""Figures are medians of rounds, and ratios say how many times better Kith did in each."""

from __future__ import annotations

import pytest
from kith_cli.bench.load import Load

from bench.peers.synapse import figures
from bench.peers.synapse.figures import Seen

FAST = Seen(500, 30, 90, 4, 10, 40)
SLOW = Seen(50, 300, 450, 16, 200, 400)
MIDDLE = Seen(100, 60, 90, 8, 20, 80)


def test_a_round_in_the_units_of_its_figures() -> None:
    sent = Load(latencies=[0.010, 0.020, 0.030, 0.040], seconds=2.0)
    told = Load(delays=[0.1, 0.2, 0.3])
    seen = figures.seen(sent, 0.008, told)
    assert (seen.messages_per_s, seen.cpu_ms) == (2.0, 2.0)
    assert (seen.p50_ms, seen.p99_ms) == (30.0, 40.0)
    assert (seen.delivered_p50_ms, seen.delivered_p99_ms) == (200.0, 300.0)


@pytest.mark.parametrize("sent,told", [([], [0.1]), ([0.1], [])], ids=["sent", "told"])
def test_no_figure_of_nothing(sent: list[float], told: list[float]) -> None:
    with pytest.raises(ValueError, match="no figure"):
        figures.seen(Load(latencies=sent, seconds=1.0), 1.0, Load(delays=told))


def test_a_server_is_told_of_by_the_median_of_its_rounds() -> None:
    lines = list(figures.of_server("kith", [FAST, SLOW, MIDDLE]))
    assert lines[0] == {
        "figure": "kith.send.messages_per_s", "value": 100, "least": 50, "most": 500, "rounds": 3,
    }  # fmt: skip
    assert [line["figure"] for line in lines[1:]] == [
        "kith.send.p50_ms", "kith.send.p99_ms", "kith.send.cpu_ms_per_message",
        "kith.deliver.p50_ms", "kith.deliver.p99_ms",
    ]  # fmt: skip


def test_more_a_second_and_less_time_are_both_better() -> None:
    lines = figures.ratios("synapse.sqlite", [FAST], [SLOW])
    assert {line["figure"].rpartition("sqlite.")[2]: line["value"] for line in lines} == {
        "send.messages_per_s": 10, "send.p50_ms": 10, "send.p99_ms": 5,
        "send.cpu_ms_per_message": 4, "deliver.p50_ms": 20, "deliver.p99_ms": 10,
    }  # fmt: skip


def test_ratios_are_of_the_same_round() -> None:
    first, *_ = figures.ratios("synapse.sqlite", [FAST, MIDDLE], [MIDDLE, SLOW])
    assert (first["least"], first["most"]) == (2, 5)
    with pytest.raises(ValueError, match="zip"):
        list(figures.ratios("synapse.sqlite", [FAST], [SLOW, SLOW]))
