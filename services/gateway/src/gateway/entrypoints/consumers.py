"""The events the gateway listens to: new messages, from now on, in every process of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from common.ids import new_id, parse_id
from common.kafka_consumer import Consumer, Handlers, Meta
from kith.messaging.events.v1 import messaging_events_pb2 as messaging

from gateway.application.push import Arrival, Pusher

TOPICS = ("messaging.message.v1",)
_ASK_SECONDS = 0.05


def group() -> str:
    """A consumer group that lives as long as this process: each gateway sees every message."""
    return f"gateway.push.v1.{new_id()}"


def handlers(pusher: Pusher) -> Handlers:
    """What to do with which event."""

    async def on_message_sent(event: messaging.MessageSent, meta: Meta) -> None:
        if event.imported:
            return  # history from elsewhere is not news
        pusher.offer(
            Arrival(
                network_id=parse_id(event.network_id, "network_id"),
                conversation_id=parse_id(event.conversation_id, "conversation_id"),
                sequence=event.sequence,
                member_ids=tuple(
                    parse_id(member, "member_id")
                    for member in (event.sender_id, *event.recipient_ids)
                ),
            )
        )

    return {messaging.MessageSent: on_message_sent}


def pushing(consumer: Consumer) -> Callable[[], Awaitable[None]]:
    """Waits until the consumer has found its place: nothing later than that is missed."""
    there = asyncio.Event()

    async def wait() -> None:
        while not there.is_set():
            try:
                await consumer.check()
                there.set()
            except RuntimeError:
                await asyncio.sleep(_ASK_SECONDS)

    return wait
