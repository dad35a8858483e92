"""What the world is told of who comes to a group and goes, and of its other changes: ids only."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from common.outbox import Outgoing
from kith.messaging.events.v1 import messaging_events_pb2 as events

from messaging.adapters import due
from messaging.adapters.events import MESSAGE_TOPIC, timestamp
from messaging.domain.conversation import Conversation
from messaging.domain.message import Placed
from messaging.domain.roster import NoticeKind

CHANGES = {kind: events.MembersChange.Value(f"MEMBERS_CHANGE_{kind.name}") for kind in NoticeKind}


def noticed(network_id: UUID, conversation: Conversation, placed: Placed) -> Iterator[Outgoing]:
    """The events of a notice: the fact, telling those in it what was noted, and those whom it is
    about, or who were asked in before it, that the conversation is another one for them."""
    message, notice = placed.message, placed.message.notice
    assert notice is not None  # noqa: S101  # the caller looked
    members, circle_id = notice.roster.member_ids, conversation.circle_id
    changed = events.MembersChanged(
        network_id=str(network_id), conversation_id=str(conversation.id),
        sequence=message.sequence, by_member_id=str(message.sender_id),
        change=CHANGES[notice.kind], changed_ids=[str(id) for id in notice.member_ids],
        member_ids=[str(id) for id in members], circle_id=str(circle_id) if circle_id else "",
        change_time=timestamp(message.created_at),
    )  # fmt: skip
    yield Outgoing(changed, MESSAGE_TOPIC, conversation.id, message.sequence)
    yield from due.arrived(network_id, conversation.id, message.sequence, members)
    yield from due.conversation(
        network_id, conversation.id, {message.sender_id, *notice.member_ids, *placed.asked}
    )
