"""Server and client over a real channel: who may call, what errors become, what a restart does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from common import auth, grpc_client, grpc_server
from common.auth import Verifier
from common.config import Address
from common.errors import DomainError, Kind, RemoteError, Unauthenticated, Unavailable
from common.grpc_client import Method, call
from common.grpc_server import Context, Interceptor
from common.health import Health
from common.telemetry import Tracing, configure
from common.testing.clock import FakeClock
from common.testing.poll import until
from google.protobuf.wrappers_pb2 import Int64Value, StringValue
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]  # no types
from grpc_status import rpc_status  # type: ignore[import-untyped]  # no types
from opentelemetry.trace import SpanKind
from prometheus_client import REGISTRY
from pymongo.errors import AutoReconnect, DuplicateKeyError
from structlog.testing import capture_logs

from libs.common.tests.keys import NETWORK, SUBJECT, Issuer

SERVICE = "test.things.v1.ThingService"
LOOPBACK = Address("127.0.0.1", 0)
Do = Callable[[str], Awaitable[str]]


class ThingService:
    """A service as small as can be: what it does with a text is up to the test."""

    def __init__(self) -> None:
        self.do: Do = self._echo
        self.calls = 0

    async def _echo(self, text: str) -> str:
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

    def register(self, server: grpc.aio.Server) -> None:
        """Serve under the names a generated servicer would have."""
        unary = grpc.unary_unary_rpc_method_handler(
            self.answer, StringValue.FromString, StringValue.SerializeToString
        )
        handlers: dict[str, Any] = {
            "Do": unary,
            "DoOnce": unary,
            "DoInPublic": unary,
            "Count": grpc.stream_unary_rpc_method_handler(
                self.count, StringValue.FromString, Int64Value.SerializeToString
            ),
            "Many": grpc.unary_stream_rpc_method_handler(
                self.many, StringValue.FromString, StringValue.SerializeToString
            ),
        }
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

    @asynccontextmanager
    async def serving(self, listen: Address = LOOPBACK) -> AsyncIterator[Address]:
        """The service at an address."""
        verifier = Verifier(self.issuer.jwks, self.issuer.clock)
        interceptor = Interceptor(verifier, self.tracing, public=[f"/{SERVICE}/DoInPublic"])
        register = self.service.register
        async with grpc_server.serve(listen, interceptor, self.health, register) as address:
            yield address

    async def do(self, stub: Stub, text: str, **options: Any) -> str:
        """Call it with our token."""
        options.setdefault("token", self.token)
        return (await call(stub.do, StringValue(value=text), **options)).value


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def stub(world: World) -> AsyncIterator[Stub]:
    """A client of the running service."""
    async with world.serving() as address, grpc_client.connect(address) as channel:
        yield Stub(channel)


async def _texts(*texts: str) -> AsyncIterator[StringValue]:
    for text in texts:
        yield StringValue(value=text)


async def test_the_service_knows_who_is_calling(world: World, stub: Stub) -> None:
    async def who(_text: str) -> str:
        caller = auth.current()
        return f"{caller.subject} {caller.network_id} {caller.token == world.token}"

    world.service.do = who
    assert await world.do(stub, "") == f"{SUBJECT} {NETWORK} True"


@pytest.mark.parametrize("kind", Kind)
async def test_a_refusal_arrives_as_it_was_raised(world: World, stub: Stub, kind: Kind) -> None:
    async def refuse(_text: str) -> str:
        raise RemoteError(kind, "THE_REASON", "a message", {"limit": "5"})

    world.service.do = refuse
    with pytest.raises(DomainError) as caught:
        await world.do(stub, "x")
    hidden = kind is Kind.INTERNAL
    assert (caught.value.kind, caught.value.reason) == (kind, "THE_REASON")
    assert caught.value.message == ("internal error" if hidden else "a message")
    assert caught.value.metadata == ({} if hidden else {"limit": "5"})
    status = rpc_status.from_call(caught.value.__cause__)
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (info.reason, info.domain) == ("THE_REASON", "things.test")


@pytest.mark.parametrize(
    "error", [KeyError("secret"), DomainError("secret"), DuplicateKeyError("secret")], ids=repr
)
async def test_a_bug_is_an_internal_error_that_tells_nothing(
    world: World, stub: Stub, error: Exception
) -> None:
    async def fail(_text: str) -> str:
        raise error

    world.service.do = fail
    with capture_logs() as logs, pytest.raises(DomainError) as caught:
        await world.do(stub, "x")
    assert (caught.value.kind, caught.value.reason) == (Kind.INTERNAL, "INTERNAL")
    assert "secret" not in f"{caught.value} {caught.value.__cause__!r}"
    assert [entry["event"] for entry in logs] == ["grpc.internal_error"]


@pytest.mark.parametrize(
    "error", [AutoReconnect("x"), ConnectionResetError("x"), TimeoutError("x")], ids=repr
)
async def test_a_store_that_is_away_is_unavailable(
    world: World, stub: Stub, error: Exception
) -> None:
    async def fail(_text: str) -> str:
        raise error

    world.service.do = fail
    with pytest.raises(DomainError) as caught:
        await world.do(stub, "x")
    assert (caught.value.kind, caught.value.reason) == (Kind.UNAVAILABLE, "UNAVAILABLE")


async def test_a_call_past_its_deadline_is_unavailable_and_not_worked_on(
    world: World, stub: Stub
) -> None:
    stopped = asyncio.Event()

    async def wait(_text: str) -> str:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        return ""

    world.service.do = wait
    with pytest.raises(DomainError) as caught:
        await world.do(stub, "x", seconds=0.2)
    assert (caught.value.kind, caught.value.reason) == (Kind.UNAVAILABLE, "UNAVAILABLE")
    await stopped.wait()


async def test_a_service_that_is_not_there_is_unavailable(world: World) -> None:
    async with grpc_client.connect(Address("127.0.0.1", 1)) as channel:
        with pytest.raises(DomainError) as caught:
            await world.do(Stub(channel), "x")
    assert caught.value.kind is Kind.UNAVAILABLE


async def test_without_a_good_token_nobody_gets_in(world: World, stub: Stub) -> None:
    stranger = Issuer(world.issuer.clock)
    for token in (None, "", "x", stranger.token(), world.token + "x", f"{world.token} x"):
        with pytest.raises(DomainError) as caught:
            await world.do(stub, "x", token=token)
        assert (caught.value.kind, caught.value.reason) == (
            Kind.UNAUTHENTICATED, Unauthenticated.reason,
        )  # fmt: skip
        with pytest.raises(DomainError) as caught:
            await call(stub.count, _texts("a"), token=token)
        assert caught.value.kind is Kind.UNAUTHENTICATED
    assert world.service.calls == 0


async def test_a_public_method_needs_no_token_and_knows_nobody(world: World, stub: Stub) -> None:
    async def who(_text: str) -> str:
        auth.current()
        return ""

    assert (await call(stub.do_in_public, StringValue(value="hello"))).value == "hello"
    world.service.do = who
    with pytest.raises(DomainError) as caught:
        await call(stub.do_in_public, StringValue(value="x"))
    assert caught.value.kind is Kind.UNAUTHENTICATED


async def test_when_the_keys_cannot_be_had_the_caller_is_told_to_try_again(
    world: World, stub: Stub
) -> None:
    world.issuer.failure = Unavailable("identity is away")
    with pytest.raises(DomainError) as caught:
        await world.do(stub, "x")
    assert (caught.value.kind, caught.value.message) == (Kind.UNAVAILABLE, "identity is away")


async def test_a_method_that_answers_with_a_stream_is_refused(world: World) -> None:
    async with world.serving() as address, grpc_client.connect(address) as channel:
        many: Any = channel.unary_stream(f"/{SERVICE}/Many")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await many(b"", metadata=[("authorization", f"Bearer {world.token}")]).read()
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_bytes_that_are_no_message_are_invalid(world: World) -> None:
    metadata = [("authorization", f"Bearer {world.token}")]

    async def stream() -> AsyncIterator[bytes]:
        yield StringValue(value="good").SerializeToString()
        yield b"\x0a\xff"

    async with world.serving() as address, grpc_client.connect(address) as channel:
        do: Any = channel.unary_unary(f"/{SERVICE}/Do")
        count: Any = channel.stream_unary(f"/{SERVICE}/Count")
        calls = [
            do(b"\x0a\xff", metadata=metadata),
            do(b"\x0a\x02\xff\xff", metadata=metadata),
            count(stream(), metadata=metadata),
        ]
        for made in calls:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await made
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert "not a message of this method" in (caught.value.details() or "")


async def test_a_message_that_is_too_large_is_refused(world: World, stub: Stub) -> None:
    with pytest.raises(DomainError) as caught:
        await world.do(stub, "x" * (grpc_server.MAX_MESSAGE_BYTES + 1))
    assert caught.value.kind is Kind.LIMITED
    assert await world.do(stub, "x" * 4_000_000) == "x" * 4_000_000


async def test_a_method_that_does_not_exist_is_our_mistake(world: World) -> None:
    async with world.serving() as address, grpc_client.connect(address) as channel:
        method: Any = channel.unary_unary(f"/{SERVICE}/Undo")
        with pytest.raises(DomainError) as caught:
            await call(method, b"", token=world.token)
    assert (caught.value.kind, caught.value.reason) == (Kind.INTERNAL, "UNIMPLEMENTED")


async def test_a_stream_of_messages_has_one_answer(world: World, stub: Stub) -> None:
    texts = _texts(*(str(number) for number in range(1_000)))
    assert (await call(stub.count, texts, token=world.token)).value == 1_000


async def test_a_refusal_ends_a_stream(world: World, stub: Stub) -> None:
    async def refuse(text: str) -> str:
        if text == "3":
            raise RemoteError(Kind.EXISTS, "THERE_ALREADY", "stop", {"row": text})
        return text

    async def endless() -> AsyncIterator[StringValue]:
        number = 0
        while True:
            number += 1
            yield StringValue(value=str(number))

    world.service.do = refuse
    with pytest.raises(DomainError) as caught:
        await call(stub.count, endless(), token=world.token)
    assert (caught.value.reason, caught.value.metadata) == ("THERE_ALREADY", {"row": "3"})


async def test_what_breaks_while_a_stream_is_made_is_told_as_it_is(
    world: World, stub: Stub
) -> None:
    async def breaking() -> AsyncIterator[StringValue]:
        yield StringValue(value="1")
        raise ValueError("row 2 is not readable")

    with pytest.raises(ValueError, match="row 2 is not readable"):
        await call(stub.count, breaking(), token=world.token)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_caller_that_gives_up_is_cancelled_and_counted(world: World, stub: Stub) -> None:
    begun = asyncio.Event()

    async def wait(_text: str) -> str:
        begun.set()
        await asyncio.Event().wait()
        return ""

    def cancelled() -> float:
        labels = {"method": f"/{SERVICE}/Do", "code": "CANCELLED"}
        return REGISTRY.get_sample_value("kith_grpc_server_calls_total", labels) or 0

    before = cancelled()
    world.service.do = wait
    task = asyncio.create_task(world.do(stub, "x"))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async def counted() -> bool:
        return cancelled() == before + 1

    await until(counted)


async def test_calls_are_counted_by_method_and_outcome(world: World, stub: Stub) -> None:
    def count(code: str) -> float:
        labels = {"method": f"/{SERVICE}/Do", "code": code}
        return REGISTRY.get_sample_value("kith_grpc_server_calls_total", labels) or 0

    good, bad = count("OK"), count("UNAUTHENTICATED")
    await world.do(stub, "x")
    with pytest.raises(DomainError):
        await world.do(stub, "x", token=None)

    async def counted() -> bool:
        return (count("OK"), count("UNAUTHENTICATED")) == (good + 1, bad + 1)

    await until(counted)


async def test_a_trace_goes_through_a_call(world: World, tmp_path: Path) -> None:
    world.tracing = configure("server", f"file:{tmp_path / 'server'}")
    client = configure("client", f"file:{tmp_path / 'client'}")
    async with world.serving() as address, grpc_client.connect(address) as channel:
        with client.span("press the button", SpanKind.CLIENT) as span:
            await world.do(Stub(channel), "x")
            outer = span.get_span_context()
        await world.do(Stub(channel), "y")
    client.close()
    world.tracing.close()
    first, second = map(json.loads, (tmp_path / "server").read_text().splitlines())
    assert first["name"] == f"/{SERVICE}/Do"
    assert first["context"]["trace_id"] == f"0x{outer.trace_id:032x}"
    assert first["parent_id"] == f"0x{outer.span_id:016x}"
    assert second["parent_id"] is None


async def test_stopping_lets_a_running_call_finish_and_begins_no_other(world: World) -> None:
    begun, release = asyncio.Event(), asyncio.Event()

    async def wait(text: str) -> str:
        begun.set()
        await release.wait()
        return text

    world.service.do = wait
    async with AsyncExitStack() as stack:
        serving = AsyncExitStack()
        address = await serving.enter_async_context(world.serving())
        stub = Stub(await stack.enter_async_context(grpc_client.connect(address)))
        running = asyncio.create_task(world.do(stub, "in time"))
        await begun.wait()
        stopping = asyncio.create_task(serving.aclose())
        late = Stub(await stack.enter_async_context(grpc_client.connect(address)))
        with pytest.raises(DomainError) as caught:
            await world.do(late, "too late")
        assert caught.value.kind is Kind.UNAVAILABLE
        assert not running.done()
        release.set()
        assert await running == "in time"
        await stopping
    assert world.service.calls == 1


async def test_only_the_methods_named_are_tried_again_while_a_service_restarts(
    world: World,
) -> None:
    """The first answer of a restarted service is what counts: a named method is called again
    until it is there, another one is told at once."""
    refused = 0

    async def flaky(text: str) -> str:
        nonlocal refused
        if refused < 2:
            refused += 1
            raise Unavailable("restarting")
        return text

    world.service.do = flaky
    async with world.serving() as address:
        async with grpc_client.connect(address, retried=[f"{SERVICE}/Do"]) as channel:
            stub = Stub(channel)
            assert await world.do(stub, "again") == "again"
            assert world.service.calls == 3
            refused = 0
            with pytest.raises(DomainError) as caught:
                await call(stub.do_once, StringValue(value="x"), token=world.token)
            assert caught.value.kind is Kind.UNAVAILABLE
            assert world.service.calls == 4
        async with grpc_client.connect(address, retried=[SERVICE]) as channel:
            refused = 0
            reply = await call(Stub(channel).do_once, StringValue(value="x"), token=world.token)
            assert reply.value == "x"


async def test_a_channel_survives_a_service_that_was_gone(world: World) -> None:
    async with AsyncExitStack() as stack:
        serving = AsyncExitStack()
        address = await serving.enter_async_context(world.serving())
        channel = await stack.enter_async_context(grpc_client.connect(address, retried=[SERVICE]))
        stub = Stub(channel)
        assert await world.do(stub, "before") == "before"
        await serving.aclose()
        calling = asyncio.create_task(world.do(stub, "after"))
        await stack.enter_async_context(world.serving(address))
        assert await calling == "after"


async def test_health_is_served_without_a_token_and_follows_the_process(world: World) -> None:
    async with world.serving() as address, grpc_client.connect(address) as channel:
        check = health_pb2_grpc.HealthStub(channel).Check

        async def status() -> str:
            reply = await check(health_pb2.HealthCheckRequest())
            name: str = health_pb2.HealthCheckResponse.ServingStatus.Name(reply.status)
            return name

        assert await status() == "NOT_SERVING"
        await world.health.begin()
        assert await status() == "SERVING"
        await world.health.end()
        assert await status() == "NOT_SERVING"


async def test_a_port_that_is_taken_is_told(world: World) -> None:
    async with world.serving() as address:
        with pytest.raises(OSError, match="cannot listen on"):
            async with World().serving(address):
                pass
