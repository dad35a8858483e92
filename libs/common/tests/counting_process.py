"""A consumer that does its effect and stands still before it commits, to be killed there."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from common import kafka_producer, mongo
from common.kafka_consumer import Consumer, Meta
from common.telemetry import Tracing
from google.protobuf.wrappers_pb2 import Int64Value

from libs.common.tests.rows import GROUP, Rows
from libs.common.tests.things import TOPIC


async def main(kafka: str, uri: str, database: str, prefix: str, marker: str) -> None:
    """Take one record for ever."""
    async with (
        mongo.connect(uri, database) as connected,
        kafka_producer.connect(kafka, "test", prefix) as producer,
    ):
        rows = Rows(connected)

        async def take(event: Int64Value, meta: Meta) -> None:
            await rows.take(event, meta)
            await asyncio.to_thread(Path(marker).write_text, str(event.value))
            await asyncio.Event().wait()

        consumer = Consumer(
            kafka, group=GROUP, topics=[TOPIC], handlers={Int64Value: take}, producer=producer,
            tracing=Tracing(None), topic_prefix=prefix,
        )  # fmt: skip
        await consumer.run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
