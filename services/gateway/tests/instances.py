"""An instance of messaging as gateways talk with it, told by a test what happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import jwt
from common.grpc_server import Context
from common.service_tokens import SERVICE_TOKEN
from kith.messaging.v1 import delivery_service_pb2 as api
from kith.messaging.v1 import messaging_pb2
from policy.services import GRANTS

from libs.common.tests.service_keys import peers

ALL_SLOTS = (1 << 256) - 1
DELIVER = "/kith.messaging.v1.DeliveryService/Deliver"


class FakeInstance:
    """Lets everybody subscribe; a conversation ends where `ends` says."""

    def __init__(self, slots: int = ALL_SLOTS) -> None:
        self.slots = slots
        self.ends: dict[str, int] = {}
        self.refusals: dict[UUID, list[str]] = {}
        self.subscribed: dict[UUID, int] = {}
        self.tokens: list[str] = []
        self.typing: list[tuple[int, str]] = []
        self._lines: list[asyncio.Queue[api.DeliverResponse | None]] = []

    async def deliver(
        self, requests: AsyncIterator[api.DeliverRequest], context: Context
    ) -> AsyncIterator[api.DeliverResponse]:
        """See the contract."""
        metadata = dict(context.invocation_metadata() or ())
        peers("messaging", GRANTS).verify(str(metadata[SERVICE_TOKEN]))
        line: asyncio.Queue[api.DeliverResponse | None] = asyncio.Queue()
        self._lines.append(line)
        line.put_nowait(api.DeliverResponse(slots=_owned(self.slots)))
        reading = asyncio.create_task(self._read(requests, line))
        try:
            while (response := await line.get()) is not None:
                yield response
        finally:
            reading.cancel()
            self._lines.remove(line)

    def tell(self, delivery: api.Delivery, *member_ids: UUID) -> None:
        """Something is new for those of these who are subscribed."""
        numbers = [self.subscribed[id] for id in member_ids if id in self.subscribed]
        made = api.Delivery(subscriptions=numbers)
        made.MergeFrom(delivery)
        self.say(api.DeliverResponse(deliveries=[made]))

    def arrived(self, message: messaging_pb2.Message, *member_ids: UUID) -> None:
        """A message was sent."""
        id = message.conversation_id
        self.tell(api.Delivery(conversation_id=id, arrived=message), *member_ids)

    def own(self, slots: int) -> None:
        """It has these slots from now on."""
        self.slots = slots
        self.say(api.DeliverResponse(slots=_owned(slots)))

    def say(self, response: api.DeliverResponse | None) -> None:
        """Say anything on each line, or end them all."""
        if response is None:
            self.subscribed.clear()
        for line in self._lines:
            line.put_nowait(response)

    async def _read(
        self, requests: AsyncIterator[api.DeliverRequest],
        line: asyncio.Queue[api.DeliverResponse | None],
    ) -> None:  # fmt: skip
        async for request in requests:
            for gone in request.unsubscribe:
                self.subscribed = {
                    id: number
                    for id, number in self.subscribed.items()
                    if number != gone.subscription
                }
            for new in request.subscribe:
                line.put_nowait(self._subscribe(new))
            self.typing += [(one.subscription, one.conversation_id) for one in request.typing]

    def _subscribe(self, new: api.Subscribe) -> api.DeliverResponse:
        self.tokens.append(new.access_token)
        claims = jwt.decode(new.access_token, options={"verify_signature": False})
        member = UUID(claims["sub"])
        if self.refusals.get(member):
            reason = self.refusals[member].pop(0)
            refused = api.Refused(subscription=new.subscription, reason=reason)
            return api.DeliverResponse(refused=[refused])
        self.subscribed[member] = new.subscription
        ends = [api.Position(conversation_id=id, sequence=end) for id, end in self.ends.items()]
        began = api.Subscribed(subscription=new.subscription, ends=ends)
        return api.DeliverResponse(subscribed=[began])


def _owned(slots: int) -> api.Slots:
    return api.Slots(owned=slots.to_bytes(32, "little"))
