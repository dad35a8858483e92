"""The events by which instances tell each other what is new for the members of their slots."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from common import log
from common.errors import DomainError, Kind
from common.ids import parse_id
from common.kafka_consumer import Handlers, Meta, Mine
from kith.messaging.events.v1 import delivery_events_pb2 as events

from messaging.adapters.mongo import Networks
from messaging.application.groups import as_now
from messaging.application.hub import Hub, News
from messaging.application.hub import Kind as Told
from messaging.application.ports import Network
from messaging.application.withholding import hearers, told_of
from messaging.domain.message import Message
from messaging.domain.slots import SLOTS, key_of

logger = log.get(__name__)
GROUP = "messaging.delivery.v1"
TOPICS = ("messaging.delivery.v1",)
_KINDS = {
    events.DELIVERY_KIND_ARRIVED: Told.ARRIVED,
    events.DELIVERY_KIND_CHANGED: Told.CHANGED,
    events.DELIVERY_KIND_RECEIPT: Told.RECEIPT,
    events.DELIVERY_KIND_TYPING: Told.TYPING,
    events.DELIVERY_KIND_CONVERSATION: Told.CONVERSATION,
}


def handlers(networks: Networks, hub: Hub) -> Handlers:
    """What to do with which event. A handler raises Invalid for ids that are none, and
    Unavailable while the database is away."""

    async def on_due(event: events.DeliveryDue, meta: Meta) -> None:
        network_id = parse_id(event.network_id, "network_id")
        member_ids = tuple(parse_id(member, "member_id") for member in event.member_ids)
        kind = _KINDS.get(event.kind)
        if kind is Told.CONVERSATION:
            await _repaired(networks.of(network_id), event)
        if kind is None or not hub.present(network_id, member_ids):
            return
        conversation_id = parse_id(event.conversation_id, "conversation_id")
        message = None
        if kind in {Told.ARRIVED, Told.CHANGED}:
            if kind is Told.ARRIVED and hub.told_lately(conversation_id, event.sequence):
                return
            message = await _message(networks, network_id, conversation_id, event.sequence)
            if message is None:
                return
        by = parse_id(event.by_member_id, "by_member_id") if event.by_member_id else None
        network = networks.of(network_id)
        for readers, seen in await _hearing(network, conversation_id, member_ids, message, by):
            news = News(
                network_id, conversation_id, readers, kind, seen, by, event.delivered_sequence,
                event.read_sequence,
            )  # fmt: skip
            hub.tell(news)

    return {events.DeliveryDue: on_due}


async def _repaired(network: Network, event: events.DeliveryDue) -> None:
    """The lists know of who came to a group and went, also if who noted it died before they did."""
    id = parse_id(event.conversation_id, "conversation_id")
    conversation = await network.conversations.get(id)
    if conversation is not None:
        await as_now(network, conversation)


def slots(hub: Hub) -> Callable[[Mine], None]:
    """Tells the hub which slots this instance has."""

    def given(mine: Mine) -> None:
        hub.own(frozenset(slot for slot in range(SLOTS) if mine(str(key_of(slot)))))

    return given


async def _hearing(
    network: Network, conversation_id: UUID, member_ids: tuple[UUID, ...],
    message: Message | None, by: UUID | None,
) -> list[tuple[tuple[UUID, ...], Message | None]]:  # fmt: skip
    """Those of the members who are told: not who does not hear its sender, or whoever did it; with
    the message as they are shown it. Signs of others only who takes part by now; of the
    conversation itself also who went, or is asked in."""
    conversation = await network.conversations.get(conversation_id)
    if conversation is None:
        return []
    conversation = await as_now(network, conversation)
    if message is not None:
        who = by or message.sender_id
        return [*await told_of(network, conversation, member_ids, message, who)]
    if by is not None:
        inside = [id for id in member_ids if id in conversation.member_ids]
        member_ids = await hearers(network, conversation, inside, by)
    return [(member_ids, None)]


async def _message(
    networks: Networks, network_id: UUID, conversation_id: UUID, sequence: int
) -> Message | None:
    """A message as it is now; None if there is none that can be read."""
    try:
        found = await networks.of(network_id).messages.after(conversation_id, sequence - 1, 1)
    except DomainError as error:
        if error.kind is Kind.UNAVAILABLE:
            raise
        logger.warning("delivery.not_read", reason=error.reason, sequence=sequence)
        return None
    return found[0] if found and found[0].sequence == sequence else None
