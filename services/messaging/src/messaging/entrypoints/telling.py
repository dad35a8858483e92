"""Conversations on the wire, as their reader is told of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from common.clock import epoch_millis, from_epoch_millis
from common.errors import Invalid
from google.protobuf.timestamp_pb2 import Timestamp
from kith.messaging.v1 import messaging_pb2 as pb

from messaging.application.shown import Shown
from messaging.domain.conversation import ConversationKind
from messaging.domain.presence import Presence
from messaging.domain.seat import State

PRESENCES: Mapping[Presence, pb.Presence.ValueType] = {
    Presence.HERE: pb.PRESENCE_HERE,
    Presence.TODAY: pb.PRESENCE_TODAY,
    Presence.WEEK: pb.PRESENCE_WEEK,
}

STATES: Mapping[State, pb.ConversationState.ValueType] = {
    State.OPEN: pb.CONVERSATION_STATE_OPEN,
    State.REQUESTED: pb.CONVERSATION_STATE_REQUESTED,
    State.RECEIVED: pb.CONVERSATION_STATE_RECEIVED,
    State.DECLINED: pb.CONVERSATION_STATE_DECLINED,
}


KINDS: Mapping[ConversationKind, pb.ConversationKind.ValueType] = {
    ConversationKind.PAIR: pb.CONVERSATION_KIND_PAIR,
    ConversationKind.GROUP: pb.CONVERSATION_KIND_GROUP,
    ConversationKind.ROOM: pb.CONVERSATION_KIND_ROOM,
}


def conversation_pb(
    shown: Shown, reader_id: UUID, reading: pb.Reading | None, presence: Presence | None,
    now: datetime,
) -> pb.Conversation:  # fmt: skip
    """A conversation; without a reading for who is invited only."""
    start = shown.available_from
    conversation, until = shown.conversation, shown.mute.until if shown.mute is not None else None
    circle, since = conversation.circle_id, conversation.first_for(reader_id)
    return pb.Conversation(
        id=str(conversation.id), member_ids=[str(id) for id in conversation.member_ids],
        last_sequence=shown.last_sequence, create_time=timestamp(conversation.created_at),
        state=STATES[shown.state], muted=shown.mute is not None,
        muted_until_time=timestamp(until) if until is not None else None,
        available=start is not None and start <= now,
        available_from_time=timestamp(start) if start is not None and start > now else None,
        reading=reading,
        presence=PRESENCES[presence] if presence else pb.PRESENCE_UNSPECIFIED,
        kind=KINDS[conversation.kind], title=shown.title,
        host_ids=[str(id) for id in conversation.roster.host_ids],
        circle_id=str(circle) if circle else "", first_sequence=since if shown.inside else 0,
        invited_ids=[str(id) for id in shown.invited_ids],
        inviter_id=str(shown.inviter_id) if shown.inviter_id else "",
    )  # fmt: skip


def timestamp(at: datetime) -> Timestamp:
    """A time, to the millisecond."""
    millis = epoch_millis(at)
    return Timestamp(seconds=millis // 1000, nanos=millis % 1000 * 1_000_000)


def time_of(stamp: Timestamp, field: str) -> datetime:
    """A time that was sent. Raises Invalid if it cannot be told."""
    try:
        return from_epoch_millis(stamp.seconds * 1000 + stamp.nanos // 1_000_000)
    except (OverflowError, ValueError, OSError):
        raise Invalid(f"{field} is not a time this platform knows", field=field) from None


def page_size(asked: int, *, default: int, most: int) -> int:
    """The number of items on a page. Raises Invalid."""
    if not 0 <= asked <= most:
        raise Invalid(f"page_size must be 1 to {most}, or 0 for {default}", field="page_size")
    return asked or default
