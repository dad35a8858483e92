"""Which keys belong to the partitions a consumer was given, as producers spread them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aiokafka import AIOKafkaConsumer

from common.kafka_producer.spread import spread

Mine = Callable[[str], bool]
"""Whether records of a key come to this consumer."""
Given = Callable[[Mine], None]


def nobody(_key: str) -> bool:
    """Out of the group."""
    return False


def keys_of(consumer: AIOKafkaConsumer, topics: Sequence[str]) -> Mine:
    """Of a consumer of one topic, as things are now."""
    (topic,) = topics
    everything = sorted(consumer.partitions_for_topic(topic) or ())
    owned = {where.partition for where in consumer.assignment()}

    def mine(key: str) -> bool:
        return bool(everything) and spread(key.encode(), everything, everything) in owned

    return mine
