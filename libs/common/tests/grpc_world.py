"""A gRPC service as small as can be, and a client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import grpc
from common import grpc_server
from common.auth import Access, Caller, Verifier
from common.config import Address
from common.errors import Forbidden, NotFound, Unauthenticated
from common.grpc_client import Method, call
from common.grpc_server import Context, Interceptor
from common.health import Health
from common.service_tokens import Peers
from common.telemetry import Tracing
from common.testing.clock import FakeClock
from common.testing.poll import until
from google.protobuf.wrappers_pb2 import Int64Value, StringValue

from libs.common.tests.keys import Issuer

SERVICE = "test.things.v1.ThingService"
UNARY = ("Do", "DoOnce", "DoInPublic", "DoNever", "DoIfFit")
CARRIED = tuple(f"{SERVICE}/{name}" for name in UNARY)
LOOPBACK = Address("127.0.0.1", 0)
Do = Callable[[str], Awaitable[str]]


def authorize(caller: Caller | None, method: str, facts: object) -> bool:
    """A policy as small as can be; DoIfFit depends on whether what it is about is "fit"."""
    name = method.rpartition("/")[2]
    if name == "DoInPublic":
        return True
    if caller is None:
        raise Unauthenticated("sign in")
    if name == "DoNever":
        raise Forbidden("nobody may do this")
    if name != "DoIfFit" or facts == "fit":
        return True
    if facts is None:
        return False
    raise NotFound("nothing you may know of")


class ThingService:
    """A service as small as can be: what it does with a text is up to the test."""

    def __init__(self) -> None:
        self.do: Do = self.echo
        self.calls = 0

    async def echo(self, text: str) -> str:
        return text

    async def answer(self, request: StringValue, context: Context) -> StringValue:
        self.calls += 1
        return StringValue(value=await self.do(request.value))

    async def count(self, requests: AsyncIterator[StringValue], context: Context) -> Int64Value:
        count = 0
        async for request in requests:
            await self.do(request.value)
            count += 1
        return Int64Value(value=count)

    async def many(self, request: StringValue, context: Context) -> AsyncIterator[StringValue]:
        for letter in request.value:
            yield StringValue(value=letter)

    async def talk(
        self, requests: AsyncIterator[StringValue], context: Context
    ) -> AsyncIterator[StringValue]:
        async for request in requests:
            yield StringValue(value=await self.do(request.value))

    def register(self, server: grpc.aio.Server) -> None:
        """Serve under the names a generated servicer would have."""
        unary = grpc.unary_unary_rpc_method_handler(
            self.answer, StringValue.FromString, StringValue.SerializeToString
        )
        handlers: dict[str, Any] = {
            **dict.fromkeys(UNARY, unary),
            "Count": grpc.stream_unary_rpc_method_handler(
                self.count, StringValue.FromString, Int64Value.SerializeToString
            ),
            "Many": grpc.unary_stream_rpc_method_handler(
                self.many, StringValue.FromString, StringValue.SerializeToString
            ),
        }
        handlers["Talk"] = grpc.stream_stream_rpc_method_handler(
            self.talk, StringValue.FromString, StringValue.SerializeToString
        )
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))


class Stub:
    """What a generated stub offers."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        def unary(name: str) -> Method[StringValue, StringValue]:
            method: Any = channel.unary_unary(
                f"/{SERVICE}/{name}", StringValue.SerializeToString, StringValue.FromString
            )
            stub: Method[StringValue, StringValue] = method
            return stub

        self.do, self.do_once = unary("Do"), unary("DoOnce")
        self.do_in_public = unary("DoInPublic")
        self.do_never, self.do_if_fit = unary("DoNever"), unary("DoIfFit")
        count: Any = channel.stream_unary(
            f"/{SERVICE}/Count", StringValue.SerializeToString, Int64Value.FromString
        )
        self.count: Method[AsyncIterator[StringValue], Int64Value] = count


class World:
    """A service and a client, and a token to call with."""

    def __init__(self) -> None:
        self.service = ThingService()
        self.health = Health()
        self.issuer = Issuer(FakeClock())
        self.token = self.issuer.token()
        self.tracing = Tracing(None)
        self.audited: list[tuple[str, object, Sequence[UUID]]] = []
        self.audit_fails: Exception | None = None
        self.peers: Peers | None = None

    async def audit(self, access: Access) -> None:
        """Keep what is about to be answered."""
        if self.audit_fails is not None:
            raise self.audit_fails
        self.audited.append((access.method, access.facts, access.listed))

    @asynccontextmanager
    async def serving(self, listen: Address = LOOPBACK) -> AsyncIterator[Address]:
        """The service at an address."""
        verifier = Verifier(self.issuer.jwks, self.issuer.clock)
        interceptor = Interceptor(verifier, self.tracing, authorize, self.audit, self.peers)
        register = self.service.register
        async with grpc_server.serve(listen, interceptor, self.health, register) as address:
            yield address

    async def ask(self, method: Method[StringValue, StringValue], text: str) -> str:
        """Call any method with our token."""
        return (await call(method, StringValue(value=text), token=self.token)).value

    async def do(self, stub: Stub, text: str, **options: Any) -> str:
        """Call it with our token."""
        options.setdefault("token", self.token)
        return (await call(stub.do, StringValue(value=text), **options)).value


async def carrying(channel: grpc.aio.Channel) -> None:
    """Until calls share a stream, if they are meant to."""
    lanes: Any = channel
    if hasattr(lanes, "carrying"):

        async def open_now() -> bool:
            there: bool = lanes.carrying
            return there

        await until(open_now)


async def texts(*texts: str) -> AsyncIterator[StringValue]:
    for text in texts:
        yield StringValue(value=text)
