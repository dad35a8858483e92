"""Which record is next in each partition: only that one is folded, whatever is delivered.

Around a rebalance Faust drops records it has fetched, and counts on seeking back to what is
committed, which does nothing where that is nothing yet, or 0. What it loses there would be lost for
good, so the place is kept here, and sought again when something else comes.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, Protocol

from common import log

logger = log.get(__name__)


class Partitions(Protocol):
    """The partitions of this worker, and the states that are stored in them."""

    @property
    def states(self) -> MutableMapping[bytes, bytes]:
        """The stored state of each member whose partition is here."""
        ...

    @property
    def generation(self) -> int | None:
        """Changes whenever partitions move; None while they do."""
        ...

    async def begin(self) -> Mapping[int, int]:
        """Where to read each partition from: what was committed, or the beginning.

        Raises KafkaError, TimeoutError.
        """
        ...

    async def seek(self, offsets: Mapping[int, int]) -> None:
        """Read these partitions from these offsets. Raises KafkaError, TimeoutError."""
        ...

    async def commit(self, offsets: Mapping[int, int]) -> None:
        """Begin at these offsets from now on."""
        ...


class Places:
    """The next offset of each partition, in one generation of partitions."""

    def __init__(self, partitions: Partitions) -> None:
        self._partitions = partitions
        self._generation: int | None = None
        self._next: dict[int, int] = {}
        self._missed: set[int] = set()
        self._sought: Mapping[int, int] = {}  # by the last `find`

    async def find(self) -> None:
        """Find the places of a new generation, and those that were missed, again.

        Raises what Partitions raises.
        """
        generation = self._partitions.generation
        if generation is None:
            return
        if generation != self._generation:
            self._next = dict(await self._partitions.begin())
            self._generation = generation
        elif self._missed:
            again = {partition: self._next[partition] for partition in self._missed}
            if again == self._sought:
                await self._skip_what_is_gone()
            else:
                logger.info("signals.reads_again", partitions=len(again))
                await self._partitions.seek(again)
            self._sought = again
        self._missed.clear()

    async def _skip_what_is_gone(self) -> None:
        """Go on from what is still there: retention took what was sought in vain."""
        begin = await self._partitions.begin()
        for partition in self._missed:
            lost = begin[partition] - self._next[partition]
            if lost > 0:
                logger.error("signals.records_gone", partition=partition, records=lost)
                self._next[partition] = begin[partition]

    def due(self, records: Sequence[Any], generation: int) -> Sequence[Any]:
        """Those of one partition's records that were not passed, if the next one is among them."""
        if not generation == self._generation == self._partitions.generation:
            return ()
        partition, first = records[0].partition, records[0].offset
        due = self._next.get(partition)
        if due is None:
            return ()
        if first > due:
            self._missed.add(partition)
            return ()
        return records if first == due else [one for one in records if one.offset >= due]

    def passed(self, partition: int, offset: int) -> None:
        """The record at this offset is folded."""
        self._next[partition] = offset + 1

    def forget(self) -> None:
        """Partitions move; nothing is due before their places are found."""
        self._generation = None
