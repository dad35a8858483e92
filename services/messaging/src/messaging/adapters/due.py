"""Telling those who look on that something is new: one event for each slot, for the outbox of the
write that made it so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from common.ids import text_of
from common.outbox import Outgoing
from kith.messaging.events.v1 import delivery_events_pb2 as events

from messaging.domain.slots import by_slot, key_of

TOPIC = "messaging.delivery.v1"


def arrived(
    network_id: UUID, conversation_id: UUID, sequence: int, member_ids: Iterable[UUID]
) -> Iterator[Outgoing]:
    """A message was sent: for the devices of all who take part, its sender's too."""
    yield from _due(
        network_id, conversation_id, member_ids, events.DELIVERY_KIND_ARRIVED, sequence=sequence
    )


def changed(
    network_id: UUID, conversation_id: UUID, sequence: int, member_ids: Iterable[UUID], by: UUID
) -> Iterator[Outgoing]:
    """A message is another now: edited, deleted, reacted to by somebody, whom not all may hear."""
    yield from _due(
        network_id, conversation_id, member_ids, events.DELIVERY_KIND_CHANGED, sequence=sequence,
        by=by,
    )  # fmt: skip


def receipt(
    network_id: UUID, conversation_id: UUID, member_ids: Iterable[UUID], *, by: UUID,
    delivered: int, read: int,
) -> Iterator[Outgoing]:  # fmt: skip
    """Somebody has come further; `member_ids` are those who may know."""
    yield from _due(
        network_id, conversation_id, member_ids, events.DELIVERY_KIND_RECEIPT, by=by,
        delivered=delivered, read=read,
    )  # fmt: skip


def conversation(
    network_id: UUID, conversation_id: UUID, member_ids: Iterable[UUID]
) -> Iterator[Outgoing]:
    """Something about the conversation itself changed for these."""
    yield from _due(network_id, conversation_id, member_ids, events.DELIVERY_KIND_CONVERSATION)


def _due(  # noqa: PLR0913
    network_id: UUID, conversation_id: UUID, member_ids: Iterable[UUID],
    kind: events.DeliveryKind.ValueType, *, sequence: int = 0, by: UUID | None = None,
    delivered: int = 0, read: int = 0,
) -> Iterator[Outgoing]:  # fmt: skip
    for slot, members in by_slot(member_ids).items():
        made = events.DeliveryDue(
            network_id=text_of(network_id), conversation_id=text_of(conversation_id),
            member_ids=[text_of(member) for member in members], kind=kind, sequence=sequence,
            by_member_id=str(by) if by else "", delivered_sequence=delivered, read_sequence=read,
        )  # fmt: skip
        yield Outgoing(made, TOPIC, key_of(slot), sequence)
