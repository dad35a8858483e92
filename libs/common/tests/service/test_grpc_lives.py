"""Deadlines, traces, restarts: what a call lives through, and what it leaves behind."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from common import grpc_client
from common.config import Address
from common.errors import DomainError, Kind, Unavailable
from common.grpc_client import call
from common.telemetry import configure
from common.testing.poll import until
from google.protobuf.wrappers_pb2 import StringValue
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]  # no types
from opentelemetry.trace import SpanKind
from prometheus_client import REGISTRY

from libs.common.tests.grpc_world import SERVICE, Stub, World


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
