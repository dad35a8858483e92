"""A running gateway on real sockets, in front of fake services and without a broker."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import grpc
import httpx
import websockets
from common import grpc_client, grpc_server, health, telemetry
from common.clock import SystemClock
from common.config import Address
from common.health import Health
from gateway.adapters.clients import RETRIED, Keys, Services, connect
from gateway.adapters.verifier import Verifier
from gateway.application.catching_up import CatchingUp
from gateway.application.ended import Ended
from gateway.application.limits import Limits, Rate, Rates
from gateway.application.news import News
from gateway.application.watching import SLOTS, Watches
from gateway.config import Outside
from gateway.entrypoints.events import Events
from gateway.entrypoints.frames import CHANGES, anew, behind
from gateway.entrypoints.grpc import METHODS, Door
from gateway.entrypoints.http.admission import Admission
from gateway.entrypoints.http.entry import STREAM_PATH, Entry
from gateway.entrypoints.http.marks import Marks
from gateway.entrypoints.missed import missed
from gateway.entrypoints.stream import Stream
from gateway.wiring import guarded, http_options
from kith.identity.v1 import identity_service_pb2 as identity
from policy.authorize import authorize
from policy.services import GRANTS
from websockets.asyncio.client import ClientConnection

from libs.common.tests import service_keys
from services.gateway.tests.fakes import GET_JWKS, FakeRecords, FakeServices, served
from services.gateway.tests.looking_on import FakeLine
from services.gateway.tests.tokens import NETWORK, Issuer

ANY_PORT = Address("127.0.0.1", 0)
PLENTY = Rate(10_000, 100_000)
OPEN = Outside(Rates(PLENTY, PLENTY, PLENTY, PLENTY, PLENTY))


class PromptLine(FakeLine):
    """Every subscription works at once."""

    def __init__(self, watches: Watches) -> None:
        super().__init__()
        self._watches = watches
        self.ends: list[tuple[str, int]] = []

    def subscribe(self, number: int, token: str) -> None:
        super().subscribe(number, token)
        asyncio.get_running_loop().call_soon(self._watches.began, self, number, list(self.ends))


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway, and what is on both its sides."""

    services: FakeServices
    records: FakeRecords
    issuer: Issuer
    watches: Watches
    line: PromptLine
    ended: Ended
    health: Health
    http: httpx.AsyncClient
    address: Address
    channel: grpc.aio.Channel

    def headers(self, token: str | None = None) -> dict[str, str]:
        """Signed in."""
        return {"authorization": f"Bearer {token or self.issuer.token()}"}

    def stream(self, path: str = STREAM_PATH) -> websockets.connect:
        """A WebSocket to the gateway."""
        return websockets.connect(f"ws://{self.address}{path}", compression=None)

    def tell(self, member: UUID, frame: str) -> None:
        """Something is new for a member who looks on."""
        watch = self.watches._by_member.get((NETWORK, member))
        self.watches.told(News([watch.number] if watch else [], "c", frame.encode()))

    def reset(self) -> None:
        """Forget what a test before told the services."""
        self.services.calls.clear()
        self.services.replies.clear()
        self.records.kept.clear()
        self.line.ends.clear()
        self.services.replies[GET_JWKS] = identity.GetJwksResponse(jwks=self.issuer.jwks())


@asynccontextmanager
async def watching(stream: Stream) -> AsyncIterator[None]:
    """Connections are looked after until the block ends."""
    task = asyncio.create_task(stream.watch())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@asynccontextmanager
async def running(
    traces: str = "off", methods: dict[str, str] | None = None, outside: Outside = OPEN,
    now: Callable[[], float] = time.monotonic,
) -> AsyncIterator[Gateway]:  # fmt: skip
    """A gateway with its doors open until the block ends; limits are counted by `now`."""
    async with AsyncExitStack() as stack:
        peers = service_keys.peers("gateway", GRANTS)
        fakes, issuer, ours = FakeServices(), Issuer(), Health()
        there = await stack.enter_async_context(served(fakes))
        channels = await stack.enter_async_context(
            connect(dict.fromkeys(RETRIED, there), peers.vouch)
        )
        services, clock, ended = Services(channels), SystemClock(), Ended(now)
        watches = Watches(CatchingUp(missed(services), behind, anew, CHANGES), now)
        line = PromptLine(watches)
        watches.owned(line, (1 << SLOTS) - 1)
        verifier = Verifier(Keys(services).fetch, clock, ended)
        tracing = telemetry.configure("gateway", traces)
        stack.callback(tracing.close)

        records = FakeRecords()
        admission = Admission(verifier, Limits(outside.rates, now))
        pushes = Stream(watches, admission, verifier, clock, services)
        marks = Marks(outside.origins, outside.behind_tls)
        routes = guarded(services, admission, records, clock, Events(watches, admission, clock))
        entry = Entry(routes, pushes, ours, tracing, marks)
        http = await stack.enter_async_context(
            health.serve_http(entry, ANY_PORT, **http_options(outside))
        )
        await stack.enter_async_context(watching(pushes))
        door = Door(channels, methods or METHODS)
        interceptor = grpc_server.Interceptor(verifier, tracing, authorize)
        address = await stack.enter_async_context(
            grpc_server.serve(
                ANY_PORT, interceptor, ours, lambda server: server.add_generic_rpc_handlers((door,))
            )
        )
        await ours.begin()
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://{http}"))
        channel = await stack.enter_async_context(grpc_client.connect(address))
        gateway = Gateway(fakes, records, issuer, watches, line, ended, ours, client, http, channel)
        gateway.reset()
        yield gateway


async def sign_in(gateway: Gateway, socket: ClientConnection, token: str = "") -> None:
    """Authenticate a socket and wait until it is ready."""
    await socket.send(
        json.dumps({"type": "authenticate", "accessToken": token or gateway.issuer.token()})
    )
    assert await socket.recv() == '{"type":"ready"}'
