"""The line of a gateway: what ends before it began, and how much is said in one go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from common.auth import Caller, Verifier
from common.clock import SystemClock
from common.errors import Forbidden, Kind, RemoteError, Unauthenticated
from kith.messaging.v1 import delivery_service_pb2 as api
from messaging.application.hub import Began, Hub, News, NotBegun
from messaging.application.presence import Noticing
from messaging.entrypoints.delivery import DeliveryService, responses

from services.messaging.tests.builders import ADA, NETWORK
from services.messaging.tests.fakes import a_network

LARGEST = 8 * 1024 * 1024


class SlowVerifier(Verifier):
    """Looks at tokens once it may."""

    def __init__(self) -> None:
        super().__init__(self._none, SystemClock())
        self.asked, self.may = asyncio.Event(), asyncio.Event()

    async def verify(self, token: str) -> Caller:
        self.asked.set()
        await self.may.wait()
        return Caller(ADA, NETWORK, frozenset({"member"}), token, 2.0**40)

    async def _none(self) -> str:
        return ""


async def announced(_: News) -> None:
    """Nobody is elsewhere."""


class Networks:
    """One network."""

    def of(self, _: UUID) -> object:
        return a_network(ADA)


def delivery(hub: Hub, verifier: Verifier) -> DeliveryService:
    networks: Any = Networks()
    return DeliveryService(networks, hub, verifier, announced, Noticing(networks.of, SystemClock()))


@pytest.mark.parametrize(
    "error, reason",
    [
        (Unauthenticated("expired"), "UNAUTHENTICATED"),
        (Forbidden("a sponsor"), "FORBIDDEN"),
        (RemoteError(Kind.INTERNAL, "INTERNAL", "identity has a bug", {}), "UNAVAILABLE"),
        (RemoteError(Kind.LIMITED, "LIMITED", "too much", {}), "UNAVAILABLE"),
        (ConnectionResetError(), "UNAVAILABLE"),
    ],
)
async def test_only_what_is_about_her_is_no_reason_to_try_again(
    error: Exception, reason: str
) -> None:
    class Refusing(SlowVerifier):
        async def verify(self, token: str) -> Caller:
            raise error

    hub = Hub()
    service = delivery(hub, Refusing())

    async def asked() -> AsyncIterator[api.DeliverRequest]:
        subscribe = api.Subscribe(subscription=1, access_token="token")
        yield api.DeliverRequest(subscribe=[subscribe])

    line = hub.open()
    await service._read(line, asked())
    assert (await line.next())[1:] == [NotBegun(1, reason)]
    assert line.wanted == set()


async def test_who_goes_while_her_token_is_looked_at_is_not_subscribed_afterwards() -> None:
    hub, verifier = Hub(), SlowVerifier()
    service = delivery(hub, verifier)

    async def asked() -> AsyncIterator[api.DeliverRequest]:
        for number in (1, 2):
            subscribe = api.Subscribe(subscription=number, access_token="token")
            yield api.DeliverRequest(subscribe=[subscribe])
        await verifier.asked.wait()
        yield api.DeliverRequest(unsubscribe=[api.Unsubscribe(subscription=1)])
        verifier.may.set()

    line = hub.open()
    await service._read(line, asked())
    assert line.until == {2: 2.0**40}  # so long as her token


def test_what_waits_is_said_in_pieces_that_a_gateway_takes() -> None:
    ends = [(UUID(int=number), 2**60) for number in range(1_000)]
    said = [Began(number, ends) for number in range(300)]
    pieces = list(responses(said))
    assert max(one.ByteSize() for one in pieces) < LARGEST
    assert [one.subscription for each in pieces for one in each.subscribed] == [*range(300)]
