"""What the world is told of a message: that it was sent, by whom and when, and no word of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from common.clock import epoch_millis
from common.ids import text_of
from common.outbox import Outgoing
from google.protobuf.timestamp_pb2 import Timestamp
from kith.activity.events.v1 import activity_events_pb2 as activity
from kith.messaging.events.v1 import messaging_events_pb2 as events
from kith.messaging.events.v1 import report_events_pb2 as report_events
from kith.messaging.v1 import report_service_pb2 as api

from messaging.adapters import due
from messaging.domain.conversation import Conversation
from messaging.domain.mark import Mark
from messaging.domain.message import Message, Placed
from messaging.domain.report import Report, ReportReason

MESSAGE_TOPIC = "messaging.message.v1"
ACTIVITY_TOPIC = "activity.member.v1"
REPORT_TOPIC = "messaging.report.v1"


@dataclass(frozen=True, slots=True)
class Did:
    """What somebody did to a message."""

    conversation: Conversation
    member_id: UUID
    change: events.MessageChange.ValueType
    at: datetime


def outgoing(network_id: UUID, conversation: Conversation, placed: Placed) -> Iterator[Outgoing]:
    """The events of one message: the fact, the sender's activity, her peer's if it answers, and
    telling who looks on."""
    message = placed.message
    peers = conversation.peers_of(message.sender_id)
    to = peers[0] if conversation.is_pair else placed.to
    at = timestamp(message.created_at)
    sent = events.MessageSent(
        network_id=text_of(network_id), conversation_id=text_of(message.conversation_id),
        message_id=str(message.id), sequence=message.sequence, sender_id=text_of(message.sender_id),
        recipient_ids=[text_of(peer) for peer in peers], create_time=at, imported=message.imported,
    )  # fmt: skip
    yield Outgoing(sent, MESSAGE_TOPIC, message.conversation_id, message.sequence)
    did = activity.ActivityRecorded(
        network_id=text_of(network_id), member_id=text_of(message.sender_id),
        kind=activity.ACTIVITY_KIND_MESSAGE_SENT, occur_time=at,
        peer_id=text_of(to) if to else "", subject_id=text_of(message.conversation_id),
        opens_turn=placed.opens_turn,
        imported=message.imported,
    )  # fmt: skip
    yield Outgoing(did, ACTIVITY_TOPIC, message.sender_id, message.sequence)
    if placed.answered is not None and placed.reply_latency is not None:
        got = activity.ActivityRecorded(
            network_id=text_of(network_id), member_id=text_of(placed.answered),
            kind=activity.ACTIVITY_KIND_REPLY_RECEIVED, occur_time=at,
            peer_id=text_of(message.sender_id), subject_id=text_of(message.conversation_id),
            reply_latency_ms=round(placed.reply_latency.total_seconds() * 1000),
            imported=message.imported,
        )  # fmt: skip
        yield Outgoing(got, ACTIVITY_TOPIC, placed.answered, message.sequence)
    if not message.imported:  # history from elsewhere is not news
        everybody = conversation.member_ids
        yield from due.arrived(network_id, conversation.id, message.sequence, everybody)


def changed(network_id: UUID, conversation: Conversation, message: Message) -> Iterator[Outgoing]:
    """That its author changed or deleted a message."""
    change = events.MESSAGE_CHANGE_DELETED if message.deleted_at else events.MESSAGE_CHANGE_EDITED
    did = Did(conversation, message.sender_id, change, message.changed_at)
    yield from _changed(network_id, message, did)


def reacted(network_id: UUID, message: Message, did: Did, *, first: bool) -> Iterator[Outgoing]:
    """That somebody reacted to a message or took it back; her first one to what another wrote is an
    activity of hers."""
    yield from _changed(network_id, message, did)
    if first and did.member_id != message.sender_id:
        did_react = activity.ActivityRecorded(
            network_id=text_of(network_id), member_id=str(did.member_id),
            kind=activity.ACTIVITY_KIND_REACTION, occur_time=timestamp(did.at),
            peer_id=text_of(message.sender_id), subject_id=text_of(message.conversation_id),
        )  # fmt: skip
        yield Outgoing(did_react, ACTIVITY_TOPIC, did.member_id, message.sequence)


def _changed(network_id: UUID, message: Message, did: Did) -> Iterator[Outgoing]:
    """The fact, and telling who looks on."""
    everybody = did.conversation.shown(message.sequence)
    event = events.MessageChanged(
        network_id=text_of(network_id), conversation_id=text_of(message.conversation_id),
        message_id=str(message.id), sequence=message.sequence, member_id=str(did.member_id),
        recipient_ids=[text_of(peer) for peer in everybody if peer != did.member_id],
        change=did.change, version=message.version, change_time=timestamp(did.at),
    )  # fmt: skip
    yield Outgoing(event, MESSAGE_TOPIC, message.conversation_id, message.sequence)
    yield from due.changed(
        network_id, message.conversation_id, message.sequence, everybody, did.member_id
    )


def read_activity(network_id: UUID, mark: Mark, at: datetime, read_of: UUID) -> Outgoing:
    """That a member read what another wrote to her, once for each time her mark goes on."""
    did = activity.ActivityRecorded(
        network_id=text_of(network_id), member_id=str(mark.member_id),
        kind=activity.ACTIVITY_KIND_MESSAGE_READ, occur_time=timestamp(at), peer_id=str(read_of),
        subject_id=str(mark.conversation_id),
    )  # fmt: skip
    return Outgoing(did, ACTIVITY_TOPIC, mark.member_id, mark.read)


REASONS = {
    reason: api.ReportReason.Value(f"REPORT_REASON_{reason.name}") for reason in ReportReason
}


def report_filed(network_id: UUID, report: Report) -> Outgoing:
    """That somebody reported something."""
    message_id = report.complaint.message_id
    event = report_events.ReportFiled(
        network_id=text_of(network_id), report_id=str(report.id),
        conversation_id=str(report.conversation_id),
        message_id=str(message_id) if message_id else "", reporter_id=str(report.reporter_id),
        reported_ids=[str(id) for id in report.reported_ids],
        reason=REASONS[report.complaint.reason], create_time=timestamp(report.created_at),
    )  # fmt: skip
    return Outgoing(event, REPORT_TOPIC, report.id, 1)


def timestamp(at: datetime) -> Timestamp:
    """A time, to the millisecond."""
    seconds, millis = divmod(epoch_millis(at), 1000)
    return Timestamp(seconds=seconds, nanos=millis * 1_000_000)
