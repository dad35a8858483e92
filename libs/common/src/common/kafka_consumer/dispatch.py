"""Each record to the handler of its type; what can never be taken is set aside."""

from __future__ import annotations

from typing import Any

from opentelemetry.trace import SpanKind

from common.errors import Invalid
from common.kafka_consumer.dead_letters import DeadLetters
from common.kafka_consumer.records import Handlers, decode, is_rejection, meta_of
from common.telemetry import Tracing


class Dispatch:
    """The handlers of one group."""

    def __init__(
        self, group: str, handlers: Handlers, tracing: Tracing, dead_letters: DeadLetters
    ) -> None:
        self._group = group
        self._handlers = {
            kind.DESCRIPTOR.full_name: (kind, handle) for kind, handle in handlers.items()
        }
        self._tracing = tracing
        self._dead_letters = dead_letters

    async def take(self, record: Any, attempts: int) -> str:
        """What became of a record that is tried for the so-manieth time.

        Raises DlqLimitReached, and what its handler raises that may pass.
        """
        meta = meta_of(record)
        entry = self._handlers.get(meta.type)
        if entry is None and meta.type:
            return "skipped"
        try:
            if entry is None:
                raise Invalid("no ce_type header")
            kind, handle = entry
            event = decode(kind, record)
            name = f"{self._group} {meta.type}"
            with self._tracing.span(name, SpanKind.CONSUMER, meta.traceparent):
                await handle(event, meta)
        except Exception as error:
            if not is_rejection(error):
                raise
            await self._dead_letters.set_aside(record, error, attempts)
            return "dead_lettered"
        self._dead_letters.good()
        return "taken"
