"""The events the gateway listens to, in every process of it: new messages, and ends of sessions."""

from __future__ import annotations

import asyncio

from common.ids import new_id, parse_id
from common.kafka_consumer import Consumer, Handlers, Meta
from kith.identity.events.v1 import session_events_pb2 as identity
from kith.messaging.events.v1 import messaging_events_pb2 as messaging

from gateway.application.ended import Ended
from gateway.application.push import Arrival, Pusher
from gateway.application.sockets import Sockets

TOPICS = ("messaging.message.v1",)
SESSION_TOPICS = ("identity.session.v1",)
ASK_SECONDS = 0.05


def group(purpose: str) -> str:
    """A consumer group that lives as long as its consumer: each gateway sees every event."""
    return f"gateway.{purpose}.v1.{new_id()}"


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


def session_handlers(ended: Ended, sockets: Sockets) -> Handlers:
    """What to do when sessions end: their tokens open no door, and their sockets are closed."""

    async def on_sessions_ended(event: identity.SessionsEnded, meta: Meta) -> None:
        network_id = parse_id(event.network_id, "network_id")
        member_id = parse_id(event.member_id, "member_id")
        if event.session_id:
            ended.end_session(parse_id(event.session_id, "session_id"))
        else:
            ended.end_all(network_id, member_id, event.epoch)
        sockets.end(network_id, member_id, ended.has)

    return {identity.SessionsEnded: on_sessions_ended}


async def heard(consumer: Consumer) -> None:
    """Return once what happens from now on is heard."""
    while True:
        try:
            return await consumer.check()
        except RuntimeError:
            await asyncio.sleep(ASK_SECONDS)
