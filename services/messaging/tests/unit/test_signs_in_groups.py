"""Receipts and typing in a group: events that come late reach nobody who has gone."""

from __future__ import annotations

from typing import cast

from common.kafka_consumer import Meta
from kith.messaging.events.v1 import delivery_events_pb2 as events
from messaging.adapters.mongo import Networks
from messaging.application.hub import Hub, Kind, Told
from messaging.application.ports import Network
from messaging.entrypoints.deliveries import handlers

from services.messaging.tests.builders import ADA, BEN, CAT, NETWORK, a_group, a_writing
from services.messaging.tests.fakes import a_network
from services.messaging.tests.unit.test_groups import invites, removes


class One:
    """The only network there is."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def of(self, _: object) -> Network:
        return self._network


async def test_signs_are_told_to_who_is_in_the_group_by_now() -> None:
    network, hub = a_network(ADA, BEN, CAT), Hub()
    writing = a_writing(network)
    group = await a_group(writing, ADA, BEN)
    await removes(writing, group, ADA, BEN)
    await invites(writing, group, ADA, CAT)
    line = hub.open()
    for number, member_id in enumerate((ADA, BEN, CAT), start=1):
        hub.subscribe(line, number, (NETWORK, member_id))
    await line.next()
    [on_due] = handlers(cast("Networks", One(network)), hub).values()
    due = events.DeliveryDue(
        network_id=str(NETWORK), conversation_id=str(group.id),
        member_ids=[str(one) for one in (ADA, BEN, CAT)],
    )  # fmt: skip
    for kind, by in (
        (events.DELIVERY_KIND_RECEIPT, str(ADA)), (events.DELIVERY_KIND_TYPING, str(ADA)),
        (events.DELIVERY_KIND_CONVERSATION, ""),
    ):  # fmt: skip
        due.kind, due.by_member_id = kind, by
        await on_due(due, cast("Meta", None))
    said = [(one.numbers, one.news.kind) for one in await line.next() if isinstance(one, Told)]
    assert said == [((1,), Kind.RECEIPT), ((1,), Kind.TYPING), ((1, 2, 3), Kind.CONVERSATION)]
