"""What is shown is told to the audit before it leaves, and is not shown if that fails."""

from __future__ import annotations

import pytest
from common import auth
from common.errors import DomainError, Kind, Unavailable
from common.grpc_client import call
from common.ids import new_id
from google.protobuf.wrappers_pb2 import StringValue

from libs.common.tests.grpc_world import SERVICE, Stub, World


async def test_an_answer_is_told_with_what_it_was_decided_with_and_whom_it_lists(
    world: World, stub: Stub
) -> None:
    shown = [new_id(), new_id()]

    async def show(_text: str) -> str:
        auth.access().require("fit")
        auth.access().lists(shown)
        return "shown"

    world.service.do = show
    assert await world.ask(stub.do_if_fit, "x") == "shown"
    assert world.audited == [(f"/{SERVICE}/DoIfFit", "fit", shown)]


async def test_what_cannot_be_told_is_not_shown(world: World, stub: Stub) -> None:
    world.audit_fails = Unavailable("the log is away")
    with pytest.raises(DomainError) as caught:
        await world.do(stub, "x")
    assert (caught.value.kind, caught.value.message) == (Kind.UNAVAILABLE, "the log is away")
    assert world.service.calls == 1


async def test_a_refusal_and_what_is_public_are_not_told(world: World, stub: Stub) -> None:
    async def refuse(_text: str) -> str:
        auth.access().require("unfit")
        return "never"

    assert await call(stub.do_in_public, StringValue(value="x")) == StringValue(value="x")
    world.service.do = refuse
    with pytest.raises(DomainError):
        await world.ask(stub.do_if_fit, "x")
    assert world.audited == []
