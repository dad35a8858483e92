"""Where a consumer has to have come before it knows what happened before it began."""

from __future__ import annotations

from aiokafka import AIOKafkaConsumer, TopicPartition


class CatchingUp:
    """The ends of the partitions a consumer was given, as long as it has not come to them."""

    def __init__(self) -> None:
        self._ends: dict[TopicPartition, int] | None = {}

    def __bool__(self) -> bool:
        """Whether there is, or may be, something to be read from before."""
        return self._ends is None or bool(self._ends)

    def begin(self) -> None:
        """Partitions were given."""
        self._ends = None

    async def look(self, consumer: AIOKafkaConsumer) -> None:
        """Called when what was fetched has been taken. Raises KafkaError."""
        owned = consumer.assignment()
        if self._ends is None:
            self._ends = dict(await consumer.end_offsets(owned)) if owned else {}
        for where, end in list(self._ends.items()):
            if where not in owned or await consumer.position(where) >= end:
                del self._ends[where]
