"""The stream of each gateway: who looks on, and what is new for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence

from common import auth, log
from common.auth import Verifier
from common.errors import DomainError, Kind, Unauthenticated
from common.grpc_server import Context
from common.ids import parse_id
from common.mongo import is_away
from kith.messaging.v1 import delivery_service_pb2 as api
from kith.messaging.v1 import delivery_service_pb2_grpc as grpc_api
from policy.authorize import authorize
from policy.services import DELIVERY
from policy.table import STREAM

from messaging.adapters.mongo import Networks
from messaging.application.hub import Began, Hub, Line, NotBegun, Owned, Said, Told
from messaging.application.looking_on import Announce, ends_of, typing_in
from messaging.application.presence import Noticing
from messaging.domain.slots import SLOTS
from messaging.entrypoints.news import delivery_of

logger = log.get(__name__)
MOST_SAID = 100
"""In one response: a gateway takes no larger ones than these can be."""
_HERS = (Kind.UNAUTHENTICATED, Kind.FORBIDDEN, Kind.PRECONDITION)  # all else passes
AT_ONCE = 16
"""Subscriptions of one gateway in the works: each reads where the conversations of a member end."""


class DeliveryService(grpc_api.DeliveryServiceServicer):
    """See protos/kith/messaging/v1/delivery_service.proto."""

    def __init__(
        self, networks: Networks, hub: Hub, verifier: Verifier, announce: Announce,
        noticing: Noticing,
    ) -> None:  # fmt: skip
        self._networks = networks
        self._hub = hub
        self._verifier = verifier
        self._announce = announce
        self._noticing = noticing

    async def Deliver(
        self, requests: AsyncIterator[api.DeliverRequest], context: Context
    ) -> AsyncIterator[api.DeliverResponse]:
        """Raises Unauthenticated."""
        service = auth.service()
        if service is None or DELIVERY not in service.scopes:
            raise Unauthenticated("a service that delivers has to say so")
        line = self._hub.open()
        reading = asyncio.create_task(self._read(line, requests), name="delivery-read")
        reading.add_done_callback(lambda _: line.end())
        try:
            while said := await line.next():
                for response in responses(said):
                    yield response
        finally:
            self._hub.close(line)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read(self, line: Line, requests: AsyncIterator[api.DeliverRequest]) -> None:
        room = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            async for request in requests:
                for gone in request.unsubscribe:
                    line.wanted.discard(gone.subscription)
                    self._hub.unsubscribe(line, gone.subscription)
                line.wanted.update(new.subscription for new in request.subscribe)
                for new in request.subscribe:
                    await room.acquire()
                    work = group.create_task(self._subscribe(line, new))
                    work.add_done_callback(lambda _: room.release())
                for typing in request.typing:
                    await self._typing(line, typing)

    async def _subscribe(self, line: Line, asked: api.Subscribe) -> None:
        try:
            caller = await self._verifier.verify(asked.access_token)
            authorize(caller, STREAM)
            if asked.subscription not in line.wanted:
                return  # it ended while her token was looked at
            who = caller.network_id, caller.subject
            self._hub.subscribe(line, asked.subscription, who, caller.expires_at)
            self._noticing.notice(*who)
            ends = await ends_of(self._networks.of(caller.network_id), caller.subject)
        except Exception as error:
            line.wanted.discard(asked.subscription)
            self._hub.unsubscribe(line, asked.subscription)
            line.say(NotBegun(asked.subscription, _reason(error)))
            return
        line.say(Began(asked.subscription, ends))

    async def _typing(self, line: Line, asked: api.Typing) -> None:
        who = line.numbers.get(asked.subscription)
        if who is None:
            return
        try:
            conversation_id = parse_id(asked.conversation_id, "conversation_id")
            network_id, member_id = who
            network = self._networks.of(network_id)
            await typing_in(network, self._hub, self._announce, conversation_id, member_id)
        except Exception as error:  # a courtesy, of no worth a moment later
            logger.info("delivery.typing_failed", error=type(error).__name__)


def _reason(error: Exception) -> str:
    """Why a subscription is not: what its gateway does then depends on it."""
    if isinstance(error, DomainError):
        return error.reason if error.kind in _HERS else "UNAVAILABLE"
    if not isinstance(error, ConnectionError) and not is_away(error):
        logger.error("delivery.subscription_failed", exc_info=error)
    return "UNAVAILABLE"


def responses(said: Sequence[Said]) -> Iterator[api.DeliverResponse]:
    """What is said, in pieces that a gateway takes."""
    pieces = range(0, len(said), MOST_SAID)
    return (_response(said[start : start + MOST_SAID]) for start in pieces)


def _response(said: Sequence[Said]) -> api.DeliverResponse:
    response = api.DeliverResponse()
    for one in said:
        match one:
            case Told(numbers, news):
                response.deliveries.append(delivery_of(numbers, news))
            case Began(number, ends):
                response.subscribed.append(
                    api.Subscribed(
                        subscription=number,
                        ends=[
                            api.Position(conversation_id=str(id), sequence=sequence)
                            for id, sequence in ends
                        ],
                    )
                )
            case NotBegun(number, reason):
                response.refused.append(api.Refused(subscription=number, reason=reason))
            case Owned(slots):
                owned = sum(1 << slot for slot in slots).to_bytes(SLOTS // 8, "little")
                response.slots.CopyFrom(api.Slots(owned=owned))
    return response
