"""Methods that talk both ways: admitted at the door, and open for as long as both like."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from common.errors import Forbidden
from common.grpc_client.vouched import AUTHORIZATION
from google.protobuf.wrappers_pb2 import StringValue

from libs.common.tests.grpc_world import SERVICE, World


@pytest.fixture
async def talk(world: World) -> AsyncIterator[Any]:
    """The method, behind a real socket."""
    async with world.serving() as address, grpc.aio.insecure_channel(str(address)) as channel:
        yield channel.stream_stream(
            f"/{SERVICE}/Talk", StringValue.SerializeToString, StringValue.FromString
        )


def bearing(token: str) -> list[tuple[str, str]]:
    return [(AUTHORIZATION, f"Bearer {token}")]


async def test_each_word_is_answered_while_the_talk_goes_on(world: World, talk: Any) -> None:
    call = talk(metadata=bearing(world.token))
    for word in ("one", "two"):
        await call.write(StringValue(value=word))
        assert (await call.read()).value == word
    await call.done_writing()
    assert await call.read() is grpc.aio.EOF
    assert await call.code() is grpc.StatusCode.OK


async def test_who_may_not_come_in_is_told_so_and_nothing_she_says_is_heard(
    world: World, talk: Any
) -> None:
    call = talk()
    assert await call.code() is grpc.StatusCode.UNAUTHENTICATED
    assert world.service.calls == 0


@pytest.mark.parametrize(
    "raised, code",
    [(Forbidden("not this"), "PERMISSION_DENIED"), (KeyError("a bug"), "INTERNAL")],
    ids=["refusal", "bug"],
)
async def test_an_error_ends_the_talk_as_it_ends_a_call(
    world: World, talk: Any, raised: Exception, code: str
) -> None:
    async def fail(_text: str) -> str:
        raise raised

    world.service.do = fail
    call = talk(metadata=bearing(world.token))
    await call.write(StringValue(value="one"))
    assert (await call.code()).name == code
    assert "a bug" not in await call.details()


async def test_what_is_no_message_is_invalid(world: World) -> None:
    async with world.serving() as address, grpc.aio.insecure_channel(str(address)) as channel:
        call: Any = channel.stream_stream(f"/{SERVICE}/Talk")(metadata=bearing(world.token))
        await call.write(b"\xff\xff")
        assert await call.code() is grpc.StatusCode.INVALID_ARGUMENT
