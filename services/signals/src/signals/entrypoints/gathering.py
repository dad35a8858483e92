"""Faust's Kafka consumer, except that the broker lets records gather before it answers a fetch.

Each fetch costs Faust about a millisecond, most of it for handing over between its two threads,
however few records there are. Faust has no setting for it.
"""

from __future__ import annotations

from typing import Any

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport

GATHER_BYTES = 64 * 1024
GATHER_MILLIS = 100


class GatheringThread(AIOKafkaConsumerThread):
    """Owns the client that fetches."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        client = super()._create_worker_consumer(transport)
        # Read when it starts; the versions of both libraries are pinned.
        client._fetch_min_bytes, client._fetch_max_wait_ms = GATHER_BYTES, GATHER_MILLIS
        return client


class GatheringConsumer(Consumer):
    """Fetches in a thread of its own."""

    def _new_consumer_thread(self) -> GatheringThread:
        return GatheringThread(self, loop=self.loop, beacon=self.beacon)


class GatheringTransport(Transport):
    """What a Faust application is given in place of its own."""

    Consumer = GatheringConsumer
