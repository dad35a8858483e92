"""Calls over a real channel: who may make them, and what errors and bad bytes become."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from common import auth, grpc_client, grpc_server
from common.errors import DomainError, Kind, RemoteError, Unauthenticated, Unavailable
from common.grpc_client import call
from google.protobuf.wrappers_pb2 import StringValue
from google.rpc import error_details_pb2
from grpc_status import rpc_status  # type: ignore[import-untyped]  # no types
from pymongo.errors import AutoReconnect, DuplicateKeyError
from structlog.testing import capture_logs

from libs.common.tests.grpc_world import SERVICE, Stub, World, texts
from libs.common.tests.keys import NETWORK, SUBJECT, Issuer


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
        await world.do(stub, "x", request_id="r-1")
    assert (caught.value.kind, caught.value.reason) == (Kind.INTERNAL, "INTERNAL")
    assert "secret" not in f"{caught.value} {caught.value.__cause__!r}"
    [entry] = logs
    assert (entry["event"], entry["request_id"]) == ("grpc.internal_error", "r-1")


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


async def test_without_a_good_token_nobody_gets_in(world: World, stub: Stub) -> None:
    stranger = Issuer(world.issuer.clock)
    for token in (None, "", "x", stranger.token(), world.token + "x", f"{world.token} x"):
        with pytest.raises(DomainError) as caught:
            await world.do(stub, "x", token=token)
        assert (caught.value.kind, caught.value.reason) == (
            Kind.UNAUTHENTICATED, Unauthenticated.reason,
        )  # fmt: skip
        with pytest.raises(DomainError) as caught:
            await call(stub.count, texts("a"), token=token)
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


async def test_who_may_not_call_a_method_does_not_reach_it(world: World, stub: Stub) -> None:
    for token, kind in ((world.token, Kind.FORBIDDEN), (None, Kind.UNAUTHENTICATED)):
        with pytest.raises(DomainError) as caught:
            await call(stub.do_never, StringValue(value="x"), token=token)
        assert caught.value.kind is kind
    assert world.service.calls == 0


async def test_an_answer_before_the_decision_is_kept_back(world: World, stub: Stub) -> None:
    async def forget(_text: str) -> str:
        return "a secret"

    world.service.do = forget
    with capture_logs() as logs, pytest.raises(DomainError) as caught:
        await call(stub.do_if_fit, StringValue(value="x"), token=world.token)
    assert (caught.value.kind, caught.value.message) == (Kind.INTERNAL, "internal error")
    assert [entry["event"] for entry in logs] == ["grpc.internal_error"]


async def test_what_depends_on_the_resource_is_decided_by_the_service(
    world: World, stub: Stub
) -> None:
    async def ask(text: str) -> str:
        auth.access().require(text)
        return text

    world.service.do = ask
    answer = await call(stub.do_if_fit, StringValue(value="fit"), token=world.token)
    assert answer.value == "fit"
    with pytest.raises(DomainError) as caught:
        await call(stub.do_if_fit, StringValue(value="unfit"), token=world.token)
    assert (caught.value.kind, caught.value.message) == (Kind.NOT_FOUND, "nothing you may know of")


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
    rows = texts(*(str(number) for number in range(1_000)))
    assert (await call(stub.count, rows, token=world.token)).value == 1_000


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
