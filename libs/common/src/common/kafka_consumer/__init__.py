"""Consuming: at least once, commit after effect, in order per partition, and nothing swallowed.

What becomes of a record whose handler fails:

- a transient error (UNAVAILABLE, database away): its partition pauses and tries again, in order
- bytes that do not decode, or an event the handler calls Invalid: to `<group>.dlq`, and go on;
  more than 5 in a row or 1 % of the recent ones stops the consumer instead, since then it is not
  the records that are wrong
- anything else is a bug: its partition stops, because a projection would drop the event if it
  came again after later ones
- a `ce_type` nobody handles is counted and skipped
"""

from __future__ import annotations

from common.kafka_consumer.consumer import Consumer
from common.kafka_consumer.dead_letters import DlqLimitReached
from common.kafka_consumer.given import Given, Mine
from common.kafka_consumer.records import Flush, Handle, Handlers, Meta

__all__ = [
    "Consumer", "DlqLimitReached", "Flush", "Given", "Handle", "Handlers", "Meta", "Mine",
]  # fmt: skip
