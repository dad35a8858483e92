"""What the group says about partitions; they change hands only while it waits for the answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from common import log

logger = log.get(__name__)
POSITION_SECONDS = 5.0
Revoke = Callable[[Collection[TopicPartition]], Awaitable[None]]


class Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """Tells the owner of a consumer to let go, and to go on."""

    def __init__(
        self, consumer: AIOKafkaConsumer, revoke: Revoke,
        assign: Callable[[], None], back: float | None,
    ) -> None:  # fmt: skip
        self._consumer = consumer
        self._revoke = revoke
        self._assign = assign
        self._back = back

    async def on_partitions_revoked(self, revoked: object) -> None:
        """Called before each assignment, the first one too."""
        await self._revoke(self._consumer.assignment())

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Called with none as well."""
        if self._back is not None and assigned:
            await self._pin(assigned, self._back)
        self._assign()

    async def _pin(self, assigned: Collection[TopicPartition], back: float) -> None:
        """Let `now` be before anybody is told that we read, also if we have to join again.

        If that fails, who goes back by 0 begins now, and anybody else with all there is.
        """
        try:
            async with asyncio.timeout(POSITION_SECONDS):
                if back:
                    await self._go_back(assigned, back)
                positions = {where: await self._consumer.position(where) for where in assigned}
                await self._consumer.commit(positions)
        except (KafkaError, TimeoutError) as error:
            logger.warning("consumer.no_position", error=type(error).__name__)

    async def _go_back(self, assigned: Collection[TopicPartition], seconds: float) -> None:
        """Begin with what is so old, or with what comes next where nothing is younger; not where
        this group has begun before."""
        at = round((time.time() - seconds) * 1000)
        fresh = [where for where in assigned if await self._consumer.committed(where) is None]
        if not fresh:
            return
        ends = await self._consumer.end_offsets(fresh)  # first: what is written meanwhile is read
        found = await self._consumer.offsets_for_times(dict.fromkeys(fresh, at))
        for where, place in found.items():
            self._consumer.seek(where, ends[where] if place is None else place.offset)
