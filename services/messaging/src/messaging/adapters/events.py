"""What the world is told of a message: that it was sent, by whom and when, and no word of it."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from common.clock import epoch_millis
from common.outbox import Outgoing
from google.protobuf.timestamp_pb2 import Timestamp
from kith.activity.events.v1 import activity_events_pb2 as activity
from kith.messaging.events.v1 import messaging_events_pb2 as events

from messaging.adapters import due
from messaging.domain.conversation import Conversation
from messaging.domain.message import Message, Placed

MESSAGE_TOPIC = "messaging.message.v1"
ACTIVITY_TOPIC = "activity.member.v1"


def outgoing(network_id: UUID, conversation: Conversation, placed: Placed) -> Iterator[Outgoing]:
    """The events of one message: the fact, the sender's activity, her peer's if it answers, and
    telling who looks on."""
    message = placed.message
    peers = conversation.peers_of(message.sender_id)
    at = _timestamp(message)
    sent = events.MessageSent(
        network_id=str(network_id), conversation_id=str(message.conversation_id),
        message_id=str(message.id), sequence=message.sequence, sender_id=str(message.sender_id),
        recipient_ids=[str(peer) for peer in peers], create_time=at, imported=message.imported,
    )  # fmt: skip
    yield Outgoing(sent, MESSAGE_TOPIC, message.conversation_id, message.sequence)
    did = activity.ActivityRecorded(
        network_id=str(network_id), member_id=str(message.sender_id),
        kind=activity.ACTIVITY_KIND_MESSAGE_SENT, occur_time=at, peer_id=str(peers[0]),
        subject_id=str(message.conversation_id), opens_turn=placed.opens_turn,
        imported=message.imported,
    )  # fmt: skip
    yield Outgoing(did, ACTIVITY_TOPIC, message.sender_id, message.sequence)
    if placed.answered is not None and placed.reply_latency is not None:
        got = activity.ActivityRecorded(
            network_id=str(network_id), member_id=str(placed.answered),
            kind=activity.ACTIVITY_KIND_REPLY_RECEIVED, occur_time=at,
            peer_id=str(message.sender_id), subject_id=str(message.conversation_id),
            reply_latency_ms=round(placed.reply_latency.total_seconds() * 1000),
            imported=message.imported,
        )  # fmt: skip
        yield Outgoing(got, ACTIVITY_TOPIC, placed.answered, message.sequence)
    if not message.imported:  # history from elsewhere is not news
        everybody = conversation.member_ids
        yield from due.arrived(network_id, conversation.id, message.sequence, everybody)


def _timestamp(message: Message) -> Timestamp:
    seconds, millis = divmod(epoch_millis(message.created_at), 1000)
    return Timestamp(seconds=seconds, nanos=millis * 1_000_000)
