"""The stream on which gateways are told what is new, over real instances."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from common.config import Address
from common.service_tokens import SERVICE_TOKEN
from kith.messaging.v1 import delivery_service_pb2 as api
from kith.messaging.v1 import delivery_service_pb2_grpc as grpc_api
from kith.messaging.v1 import messaging_pb2 as pb
from messaging.domain.slots import SLOTS, slot_of
from policy.services import GRANTS

from libs.common.tests.service_keys import peers
from services.messaging.tests.builders import ADA, BEN, CAT
from services.messaging.tests.doors import Client, Issuer
from services.messaging.tests.service.test_running import opened_when_known
from services.messaging.tests.surroundings import Surroundings

EVERYTHING = (1 << SLOTS) - 1


class Gateway:
    """One gateway's stream to one instance."""

    def __init__(self, call: Any) -> None:
        self._call = call
        self.slots = 0
        self.ends: dict[int, dict[str, int]] = {}
        self.refused: dict[int, str] = {}
        self.deliveries: list[api.Delivery] = []

    async def subscribe(self, number: int, token: str) -> None:
        subscribe = api.Subscribe(subscription=number, access_token=token)
        await self._call.write(api.DeliverRequest(subscribe=[subscribe]))

    async def leave(self, number: int) -> None:
        unsubscribe = api.Unsubscribe(subscription=number)
        await self._call.write(api.DeliverRequest(unsubscribe=[unsubscribe]))

    async def typing(self, number: int, conversation_id: str) -> None:
        typing = api.Typing(subscription=number, conversation_id=conversation_id)
        await self._call.write(api.DeliverRequest(typing=[typing]))

    async def hear(self, until: Callable[[], bool]) -> None:
        """Read until something is true."""
        while not until():
            response = await self._call.read()
            assert response is not grpc.aio.EOF, "the stream ended"
            if response.HasField("slots"):
                self.slots = int.from_bytes(response.slots.owned, "little")
            for one in response.subscribed:
                self.ends[one.subscription] = {p.conversation_id: p.sequence for p in one.ends}
            self.refused |= {one.subscription: one.reason for one in response.refused}
            self.deliveries += response.deliveries

    @property
    def arrived(self) -> list[tuple[list[int], int, str]]:
        """Subscriptions, sequence and text of each message; who was told of one again, as happens
        when its event is read before its sender's write returns, is there once."""
        told: dict[tuple[str, int], set[int]] = {}
        arrived = []
        for one in self.deliveries:
            if one.HasField("arrived"):
                before = told.setdefault((one.conversation_id, one.arrived.sequence), set())
                fresh = [number for number in one.subscriptions if number not in before]
                before.update(fresh)
                if fresh:
                    arrived.append((fresh, one.arrived.sequence, one.arrived.text))
        return arrived


@asynccontextmanager
async def gateway(address: Address, *, vouched: bool = True) -> AsyncIterator[Gateway]:
    """A gateway that talks with an instance."""
    metadata = [(SERVICE_TOKEN, peers("gateway", GRANTS).vouch("messaging")())] if vouched else []
    async with grpc.aio.insecure_channel(str(address)) as channel:
        call: Any = grpc_api.DeliveryServiceStub(channel).Deliver(metadata=metadata)
        try:
            yield Gateway(call)
        finally:
            call.cancel()


async def test_who_looks_on_is_told_of_each_message_and_where_it_stood_before(
    surroundings: Surroundings, issuer: Issuer
) -> None:
    ada, ben = issuer.token(ADA), issuer.token(BEN)
    async with surroundings.running() as (app, client), gateway(app.grpc) as line:
        await surroundings.tell(ADA, BEN)
        talk = await opened_when_known(client, ada, BEN)
        await client.send(ada, talk.id, text="before")
        await line.subscribe(1, ada)
        await line.subscribe(2, ben)
        await line.subscribe(3, issuer.token(CAT))
        await line.subscribe(4, "no token")
        await line.hear(lambda: len(line.ends) == 3 and bool(line.refused))
        assert line.ends == {1: {talk.id: 1}, 2: {talk.id: 1}, 3: {}}
        assert line.refused == {4: "UNAUTHENTICATED"}
        await client.send(ben, talk.id, text="now")
        await line.hear(lambda: bool(line.arrived))
        assert line.arrived == [([1, 2], 2, "now")]
        await line.leave(1)
        await line.typing(2, talk.id)  # she left: nobody is told
        await line.subscribe(1, ada)
        await line.hear(lambda: line.ends[1] == {talk.id: 2})
        await line.typing(2, talk.id)
        await line.hear(lambda: line.deliveries[-1].typing_member_id == str(BEN))
        typing = [one.subscriptions for one in line.deliveries if one.typing_member_id]
        assert typing == [[1]]
        await changes_are_told(client, line, talk.id, ada, ben)


async def changes_are_told(client: Client, line: Gateway, talk: str, ada: str, ben: str) -> None:
    """What becomes of a message reaches who looks on as it is now, and a receipt who may know."""
    [first] = [one for one in await client.talk(ada, talk) if one.text == "before"]

    async def heard(what: str, numbers: set[int]) -> list[api.Delivery]:
        """What these were told of the kind; each slot is told by itself."""

        def told() -> list[api.Delivery]:
            return [one for one in line.deliveries if one.WhichOneof("new") == what]

        await line.hear(lambda: {n for one in told() for n in one.subscriptions} >= numbers)
        found = told()
        line.deliveries.clear()
        return found

    steps = (
        client.edit(ada, talk, first.id, "after"),
        client.react(ben, talk, first.id, pb.REACTION_KIND_HUG),
        client.react(ben, talk, first.id, pb.REACTION_KIND_HUG, on=False),
        client.delete(ada, talk, first.id),
    )
    for step in steps:
        now = await step
        assert all(one.changed == now for one in await heard("changed", {1, 2}))
    await client.move(ben, talk, read=1, delivered=2)
    for one in await heard("receipt", {1, 2}):
        assert (one.receipt.delivered_sequence, one.receipt.read_sequence) == (2, 1)
    await client.show_receipts(ben, shown=False)
    await client.move(ben, talk, read=2)
    assert [list(one.subscriptions) for one in await heard("receipt", {2})] == [[2]]


async def test_a_message_sent_through_one_instance_is_told_by_the_one_that_has_the_slot(
    surroundings: Surroundings, issuer: Issuer
) -> None:
    ada, ben = issuer.token(ADA), issuer.token(BEN)
    async with surroundings.running() as (first, one), gateway(first.grpc) as near:
        await near.hear(lambda: near.slots == EVERYTHING)
        await surroundings.tell(ADA, BEN)
        talk = await opened_when_known(one, ada, BEN)
        async with surroundings.running() as (second, other), gateway(second.grpc) as far:
            await far.hear(lambda: 0 < far.slots < EVERYTHING)
            await near.hear(lambda: near.slots ^ far.slots == EVERYTHING)
            owner, elsewhere = (near, other) if near.slots >> slot_of(BEN) & 1 else (far, one)
            await owner.subscribe(7, ben)
            await owner.hear(lambda: 7 in owner.ends)
            for number in range(1, 4):
                await elsewhere.send(ada, talk.id, text=f"number {number}")
            await owner.hear(lambda: len(owner.arrived) == 3)
            assert owner.arrived == [([7], n, f"number {n}") for n in (1, 2, 3)]
        await near.hear(lambda: near.slots == EVERYTHING)  # the other has left


async def test_only_a_service_that_may_deliver_is_let_in(
    surroundings: Surroundings, issuer: Issuer
) -> None:
    async with surroundings.running() as (app, _), gateway(app.grpc, vouched=False) as line:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await line.hear(lambda: False)
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
