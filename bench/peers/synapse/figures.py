"""What was seen of each server, as figures, and how many times better one did than the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from statistics import median
from typing import Any

from kith_cli.bench.load import Load, percentile

Lines = Iterator[dict[str, Any]]
DIGITS = 3
MORE_IS_BETTER = frozenset({"send.messages_per_s"})


@dataclass(frozen=True, slots=True)
class Seen:
    """One server in one round."""

    messages_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float  # of all its processes, for each message
    delivered_p50_ms: float
    delivered_p99_ms: float

    def named(self) -> dict[str, float]:
        """The figures by the names they are printed with."""
        return {_NAMES[each.name]: getattr(self, each.name) for each in fields(self)}


_NAMES = {
    "messages_per_s": "send.messages_per_s",
    "p50_ms": "send.p50_ms",
    "p99_ms": "send.p99_ms",
    "cpu_ms": "send.cpu_ms_per_message",
    "delivered_p50_ms": "deliver.p50_ms",
    "delivered_p99_ms": "deliver.p99_ms",
}


def seen(sent: Load, cpu_seconds: float, delivered: Load) -> Seen:
    """What a round's measurements say. Raises ValueError if nothing was sent or delivered."""
    if not sent.latencies or not delivered.delays:
        raise ValueError("nothing was sent or nothing arrived; there is no figure")
    return Seen(
        messages_per_s=len(sent.latencies) / sent.seconds,
        p50_ms=1000 * percentile(sent.latencies, 0.5),
        p99_ms=1000 * percentile(sent.latencies, 0.99),
        cpu_ms=1000 * cpu_seconds / len(sent.latencies),
        delivered_p50_ms=1000 * percentile(delivered.delays, 0.5),
        delivered_p99_ms=1000 * percentile(delivered.delays, 0.99),
    )


def of_server(name: str, rounds: Sequence[Seen]) -> Lines:
    """A line for each figure of a server: the median of all rounds, the least and the most."""
    for figure, values in _by_name(rounds).items():
        yield _line(f"{name}.{figure}", values)


def ratios(name: str, kith: Sequence[Seen], other: Sequence[Seen]) -> Lines:
    """A line for each figure: how many times better Kith did than `name` in the same round."""
    theirs = _by_name(other)
    for figure, ours in _by_name(kith).items():
        pairs = list(zip(ours, theirs[figure], strict=True))
        yield _line(
            f"times_better_than.{name}.{figure}",
            [a / b if figure in MORE_IS_BETTER else b / a for a, b in pairs],
        )


def _by_name(rounds: Sequence[Seen]) -> dict[str, list[float]]:
    named = [each.named() for each in rounds]
    return {figure: [each[figure] for each in named] for figure in _NAMES.values()}


def _line(name: str, values: Sequence[float]) -> dict[str, Any]:
    return {
        "figure": name,
        "value": round(median(values), DIGITS),
        "least": round(min(values), DIGITS),
        "most": round(max(values), DIGITS),
        "rounds": len(values),
    }
