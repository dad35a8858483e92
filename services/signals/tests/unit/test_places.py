"""The place to read from: what is there is not skipped, what is gone is not waited for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from signals.entrypoints.places import Places
from structlog.testing import capture_logs

from services.signals.tests.fakes import FakePartitions


@dataclass(frozen=True)
class Record:
    partition: int
    offset: int


def records(first: int, count: int = 3, partition: int = 0) -> list[Record]:
    return [Record(partition, offset) for offset in range(first, first + count)]


def take(places: Places, some: Sequence[Record]) -> list[int]:
    """Fold what is due; the offsets of it."""
    due = places.due(some, 1)
    for record in due:
        places.passed(record.partition, record.offset)
    return [record.offset for record in due]


async def test_what_was_lost_around_a_rebalance_is_sought_once_and_read() -> None:
    partitions = FakePartitions()
    places = Places(partitions)
    await places.find()
    assert take(places, records(0)) == [0, 1, 2]
    assert take(places, records(6)) == []
    await places.find()
    assert partitions.sought == [{0: 3}]
    assert take(places, records(3, 6)) == [3, 4, 5, 6, 7, 8]
    await places.find()
    assert partitions.sought == [{0: 3}]


async def test_what_retention_took_is_told_and_not_waited_for() -> None:
    partitions = FakePartitions()
    places = Places(partitions)
    await places.find()
    assert take(places, records(0)) == [0, 1, 2]
    partitions.earliest = {0: 40}
    with capture_logs() as logs:
        for _ in range(2):
            assert take(places, records(40)) == []
            await places.find()
    assert [entry["event"] for entry in logs] == ["signals.reads_again", "signals.records_gone"]
    assert (logs[1]["partition"], logs[1]["records"]) == (0, 37)
    assert take(places, records(40)) == [40, 41, 42]


async def test_what_is_late_but_there_is_sought_again() -> None:
    """Seeking does not always help the first time; while nothing is gone, nothing is skipped."""
    partitions = FakePartitions()
    places = Places(partitions)
    await places.find()
    for _ in range(5):
        assert take(places, records(7)) == []
        await places.find()
    assert take(places, records(0, 9)) == list(range(9))


async def test_each_partition_has_a_place_of_its_own() -> None:
    partitions = FakePartitions()
    partitions.committed = {1: 5}
    places = Places(partitions)
    await places.find()
    assert take(places, records(5, partition=1)) == [5, 6, 7]
    assert take(places, records(0, partition=0)) == [0, 1, 2]
    assert take(places, records(1, 4, partition=2)) == []
