"""Guessing passwords over a real channel: slow, and no way to learn who has an account."""

from __future__ import annotations

from datetime import timedelta

import pytest
from common import grpc_client
from common.errors import Kind, RemoteError
from common.grpc_client import call
from kith.identity.v1 import identity_service_pb2 as api
from policy.services import GRANTS
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from libs.common.tests.service_keys import peers
from services.identity.tests.doors import Client, Door

WRONG = "not the password"


async def guess(client: Client, email: str, address: str = "", password: str = WRONG) -> str:
    """The answer to one attempt, as text."""
    request = api.CreateSessionRequest(network="berlin", email=email, password=password)
    try:
        await call(client.sessions.CreateSession, request, client_address=address)
    except RemoteError as error:
        return f"{error.kind} {error.reason} {error.message} {error.metadata}"
    return "in"


async def test_guesses_at_an_account_and_at_none_are_answered_alike(door: Door) -> None:
    client = door.client
    await client.member(await client.admin())
    emails = ("ada@example.org", "nobody@example.org")
    seen = [[await guess(client, email) for _ in range(8)] for email in emails]
    assert seen[0] == seen[1]
    assert "CREDENTIALS_INVALID" in seen[0][5]
    assert "LIMITED" in seen[0][6]


async def test_she_is_told_when_to_come_back_and_then_gets_in(door: Door) -> None:
    client = door.client
    await client.member(await client.admin())
    for _ in range(6):
        await guess(client, "ada@example.org")
    with pytest.raises(RemoteError) as refused:
        await client.sign_in("ada@example.org")
    assert (refused.value.kind, refused.value.reason) == (Kind.LIMITED, "LIMITED")
    assert refused.value.metadata == {"retry_after_seconds": "1"}
    door.clock.advance(timedelta(seconds=1))
    await client.sign_in("ada@example.org")


async def test_an_address_that_tries_everybody_has_to_wait(door: Door) -> None:
    client = door.client
    await client.member(await client.admin())
    for number in range(31):
        answer = await guess(client, f"m{number}@example.org", "192.0.2.1")
        assert "CREDENTIALS_INVALID" in answer
    assert "LIMITED" in await guess(client, "ada@example.org", "192.0.2.1")
    assert "CREDENTIALS_INVALID" in await guess(client, "ada@example.org", "192.0.2.2")


async def test_a_stranger_cannot_move_the_address_he_is_counted_under(door: Door) -> None:
    """Whatever he says, all strangers are one; and nobody waits because of what he said."""
    with capture_logs() as logs:
        for number in range(31):
            answer = await guess(door.stranger, f"m{number}@example.org", f"198.51.100.{number}")
            assert "CREDENTIALS_INVALID" in answer
    assert [entry["event"] for entry in logs] == ["identity.client_address_ignored"] * 31
    assert "198.51" not in str(logs)
    assert "LIMITED" in await guess(door.stranger, "ada@example.org", "192.0.2.7")
    assert "LIMITED" in await guess(door.stranger, "ada@example.org")
    assert "CREDENTIALS_INVALID" in await guess(door.client, "ada@example.org", "198.51.100.7")
    assert "CREDENTIALS_INVALID" in await guess(door.client, "eve@example.org")


async def test_a_service_that_may_not_say_where_clients_are_is_a_stranger_in_this(
    door: Door,
) -> None:
    vouch = peers("community", GRANTS, door.clock).vouch("identity")
    before = _ignored()
    async with grpc_client.connect(door.address, vouch=vouch) as channel:
        await guess(Client(channel), "ada@example.org", "192.0.2.1")
    assert _ignored() == before + 1


def _ignored() -> float:
    return REGISTRY.get_sample_value("kith_identity_strangers_total", {"said": "address"}) or 0.0
