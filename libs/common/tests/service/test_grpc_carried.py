"""Calls that share a stream, where that could make a difference: what happens to the stream. All
else is tested with the calls that have a connection's attention for themselves (test_grpc*.py)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from typing import Any

import grpc
import pytest
from common import grpc_client
from common.errors import DomainError, Kind
from common.grpc_client import call
from common.grpc_client.frames import (
    METHOD,
    MOST_BYTES,
    Answer,
    Call,
    Calls,
    decode_answers,
    encode,
)
from common.grpc_server.carrier import MOST_ANSWER_BYTES, MOST_AT_ONCE
from common.testing.poll import until
from google.protobuf.wrappers_pb2 import StringValue
from prometheus_client import REGISTRY

from libs.common.tests.cable import cable
from libs.common.tests.grpc_world import CARRIED, SERVICE, Stub, World, carrying

DO = f"/{SERVICE}/Do"


async def ended(asked: Awaitable[object]) -> Kind | None:
    """How a call was refused; None if it was not."""
    try:
        await asked
    except DomainError as error:
        return error.kind
    return None


class Wire:
    """A stream as a client that is not ours may use it."""

    def __init__(self, channel: grpc.aio.Channel, token: str) -> None:
        call: Any = channel.stream_stream(METHOD)
        self.call: Any = call()
        self._metadata = [("authorization", f"Bearer {token}")]

    def ask(self, id: int, text: str, method: str = DO, seconds: float | None = 10.0) -> Call:
        content = StringValue(value=text).SerializeToString()
        return Call(id, method, content, seconds, self._metadata)

    async def send(self, *calls: Call, cancelled: tuple[int, ...] = ()) -> None:
        await self.call.write(encode(Calls(list(calls), list(cancelled))))

    async def answers(self, count: int) -> dict[int, Answer]:
        found: dict[int, Answer] = {}
        while len(found) < count:
            frame = decode_answers(await self.call.read())
            found |= {answer.id: answer for answer in frame.answers}
        return found


@pytest.fixture
async def wire(world: World) -> AsyncIterator[Wire]:
    async with world.serving() as address, grpc_client.connect(address) as channel:
        wire = Wire(channel, world.token)
        yield wire
        wire.call.cancel()


@pytest.fixture
async def carried(world: World) -> AsyncIterator[Stub]:
    """A client of the running service whose calls share a stream."""
    async with world.serving() as address, grpc_client.connect(address, (), CARRIED) as channel:
        await carrying(channel)
        yield Stub(channel)


async def test_many_at_once_each_get_their_own_answer(world: World, carried: Stub) -> None:
    gates = [asyncio.Event() for _ in range(50)]

    async def wait_turn(text: str) -> str:
        await gates[int(text) % 50].wait()
        return text

    world.service.do = wait_turn
    asked = [asyncio.create_task(world.do(carried, str(number))) for number in range(2_000)]
    for gate in reversed(gates):
        gate.set()
        await asyncio.sleep(0)
    assert await asyncio.gather(*asked) == [str(number) for number in range(2_000)]


async def test_more_than_a_stream_may_have_in_the_works_wait_their_turn(
    world: World, wire: Wire
) -> None:
    release, most = asyncio.Event(), 0
    running = 0

    async def wait(text: str) -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await release.wait()
        running -= 1
        return text

    world.service.do = wait

    async def send_all() -> None:
        for number in range(3 * MOST_AT_ONCE // 100):
            await wire.send(*(wire.ask(100 * number + one, "x") for one in range(100)))

    async def full() -> bool:
        return running >= MOST_AT_ONCE

    sending = asyncio.create_task(send_all())
    await until(full)
    release.set()
    await sending
    assert len(await wire.answers(3 * MOST_AT_ONCE)) == 3 * MOST_AT_ONCE
    assert most == MOST_AT_ONCE


async def test_a_broken_stream_is_no_answer_and_only_named_methods_are_asked_again(
    world: World,
) -> None:
    begun = asyncio.Event()

    async def hang(text: str) -> str:
        begun.set()
        await asyncio.Event().wait()
        return text

    async with (
        world.serving() as address,
        cable(address) as (line, near),
        grpc_client.connect(near, [f"{SERVICE}/Do"], CARRIED) as channel,
    ):
        await carrying(channel)
        stub = Stub(channel)
        world.service.do = hang
        again = asyncio.create_task(world.do(stub, "again", seconds=60.0))
        once = call(stub.do_once, StringValue(value="once"), token=world.token, seconds=60.0)
        asked_once = asyncio.create_task(once)
        await begun.wait()
        world.service.do = world.service.echo
        line.cut()
        assert await ended(asked_once) is Kind.UNAVAILABLE
        assert await again == "again"
        await carrying(channel)  # by a new one


async def test_a_server_that_stops_answers_what_it_has_begun_and_gets_no_more(
    world: World,
) -> None:
    begun, release = asyncio.Event(), asyncio.Event()

    async def wait(text: str) -> str:
        begun.set()
        await release.wait()
        return text

    world.service.do = wait
    async with AsyncExitStack() as stack:
        serving = AsyncExitStack()
        address = await serving.enter_async_context(world.serving())
        channel = await stack.enter_async_context(grpc_client.connect(address, (), CARRIED))
        await carrying(channel)
        stub = Stub(channel)
        running = asyncio.create_task(world.do(stub, "in time"))
        await begun.wait()
        stopping = asyncio.create_task(serving.aclose())

        async def refused() -> bool:
            return await ended(world.do(stub, "late", seconds=0.5)) is Kind.UNAVAILABLE

        await until(refused)
        release.set()
        assert await running == "in time"
        await stopping


async def test_a_large_request_goes_on_its_own(world: World, carried: Stub) -> None:
    assert await world.do(carried, "x" * (MOST_BYTES + 1)) == "x" * (MOST_BYTES + 1)


async def test_an_answer_too_large_fails_alone(world: World, carried: Stub) -> None:
    async def answer(text: str) -> str:
        return "x" * (MOST_ANSWER_BYTES + 1) if text == "much" else text

    world.service.do = answer
    much = asyncio.create_task(world.do(carried, "much"))
    assert await world.do(carried, "little") == "little"
    with pytest.raises(DomainError) as caught:
        await much
    assert caught.value.kind is Kind.LIMITED


@pytest.mark.parametrize("method", ["/no.such/Method", f"/{SERVICE}/Count", METHOD])
async def test_what_is_no_unary_method_is_unimplemented(wire: Wire, method: str) -> None:
    await wire.send(wire.ask(1, "x", method), wire.ask(2, "y"))
    answers = await wire.answers(2)
    assert answers[1].code == grpc.StatusCode.UNIMPLEMENTED.value[0]
    assert StringValue.FromString(answers[2].content).value == "y"


@pytest.mark.parametrize("frame", [b"", b"\xc1", b"\x92\x90", encode([1, 2])], ids=repr)
async def test_a_frame_that_is_none_ends_the_stream_and_nothing_else(
    world: World, wire: Wire, frame: bytes
) -> None:
    await wire.call.write(frame)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await wire.answers(1)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_number_in_use_is_not_used_again(world: World, wire: Wire) -> None:
    release = asyncio.Event()

    async def wait(text: str) -> str:
        await release.wait()
        return text

    world.service.do = wait
    await wire.send(wire.ask(1, "first"), wire.ask(1, "second"), wire.ask(2, "other"))
    release.set()
    answers = await wire.answers(2)
    assert StringValue.FromString(answers[1].content).value == "first"
    assert world.service.calls == 2


async def test_a_client_that_hangs_up_takes_its_calls_with_it(world: World, wire: Wire) -> None:
    begun, stopped = asyncio.Event(), asyncio.Event()

    async def wait(_text: str) -> str:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        return ""

    world.service.do = wait
    await wire.send(wire.ask(1, "x", seconds=None))
    await begun.wait()
    wire.call.cancel()
    await stopped.wait()


async def test_carried_calls_are_counted_by_method(world: World, carried: Stub) -> None:
    def count() -> float:
        labels = {"method": DO, "code": "OK"}
        return REGISTRY.get_sample_value("kith_grpc_server_calls_total", labels) or 0

    before = count()
    await world.do(carried, "x")
    assert count() == before + 1


async def test_a_call_taken_back_before_it_began_does_not_keep_the_stream(
    world: World, wire: Wire
) -> None:
    await wire.send(wire.ask(1, "x"), wire.ask(2, "y"), cancelled=(1,))
    await wire.call.done_writing()
    assert set(await wire.answers(1)) == {2}
    async with asyncio.timeout(60):
        assert await wire.call.read() is grpc.aio.EOF


async def test_what_gathered_is_never_one_frame_too_large_to_take(
    world: World, carried: Stub
) -> None:
    """Tokens and other metadata weigh more than small requests do."""
    many = [world.do(carried, "x", request_id="y" * 7_000, seconds=60.0) for _ in range(1_300)]
    assert set(await asyncio.gather(*many)) == {"x"}


async def test_what_cannot_be_written_does_not_silence_the_stream(
    world: World, carried: Stub
) -> None:
    spoiled = world.do(carried, "x", request_id="\ud800", seconds=20.0)
    assert await ended(spoiled) is Kind.UNAVAILABLE
    assert await world.do(carried, "y", seconds=20.0) == "y"
