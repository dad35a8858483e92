"""Keeps the read model: what the stream found, as rows that can be read."""

from __future__ import annotations

from common.kafka_consumer import Handlers, Meta
from kith.signals.events.v1 import signals_events_pb2 as events

from signals.adapters.events import SIGNAL_TOPIC, to_cleared, to_update
from signals.application.ports import Cleared, Update, Writer

GROUP = "signals.readmodel.v1"
TOPICS = (SIGNAL_TOPIC,)
GATHER_MILLIS = 100  # the stream stores in batches; rows are written so too


class Projection:
    """Notes the changes of a poll and writes them together, each member once."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._noted: list[Update | Cleared] = []

    def handlers(self) -> Handlers:
        """What to do with which event."""
        return {
            events.MemberSignalUpdated: self._on_updated,
            events.MemberSignalCleared: self._on_cleared,
        }

    async def flush(self) -> None:
        """Write what was noted; what cannot be written will be noted again."""
        noted, self._noted = self._noted, []
        await self._writer.write(noted)

    async def _on_updated(self, event: events.MemberSignalUpdated, meta: Meta) -> None:
        self._noted.append(to_update(event))

    async def _on_cleared(self, event: events.MemberSignalCleared, meta: Meta) -> None:
        self._noted.append(to_cleared(event))
