"""Guessing passwords over a real channel: slow, and no way to learn who has an account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from common import errors, grpc_client
from common.errors import RemoteError
from common.grpc_client import call
from identity.domain.invite import make_code, network_of
from identity.domain.mail import Kind
from identity.domain.throttle import INVITED
from kith.identity.v1 import identity_service_pb2 as api
from kith.identity.v1 import network_service_pb2 as networks
from kith.identity.v1 import profile_service_pb2 as profiles
from policy.services import GRANTS
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from libs.common.tests.service_keys import peers
from services.identity.tests.builders import PASSWORD
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
    assert (refused.value.kind, refused.value.reason) == (errors.Kind.LIMITED, "LIMITED")
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


Attempt = Callable[[Client, str, str], Awaitable[Any]]


async def _registering(client: Client, code: str, address: str) -> Any:
    request = api.RegisterRequest(
        invite_code=code, handle="eve", email="eve@example.org", password=PASSWORD,
        service_text_version=1,
    )  # fmt: skip
    return await call(client.accounts.Register, request, client_address=address)


async def _looking(client: Client, code: str, address: str) -> Any:
    request = networks.LookUpNetworkRequest(invite_code=code)
    return await call(client.settings.LookUpNetwork, request, client_address=address)


async def _asking_for_handles(client: Client, code: str, address: str) -> Any:
    request = profiles.SuggestHandlesRequest(invite_code=code)
    return await call(client.profiles.SuggestHandles, request, client_address=address)


@pytest.mark.parametrize("attempt", [_registering, _looking, _asking_for_handles])
async def test_guessing_at_invites_is_slowed_down_at_every_door_that_takes_one(
    door: Door, attempt: Attempt
) -> None:
    """Half of what is tried looks like an invite of the network, and half like none."""
    code = await door.client.invite(await door.client.admin())
    network_id = network_of(code)
    for number in range(31):
        guess = make_code(network_id, number.to_bytes(16)) if number % 2 else f"no-{number}"
        assert await _reason(attempt(door.client, guess, "192.0.2.1")) == "INVITE_INVALID"
    assert await _reason(attempt(door.client, code, "192.0.2.1")) == "LIMITED"
    await attempt(door.client, code, "192.0.2.2")


async def test_who_holds_an_invite_learns_slowly_who_has_an_account_and_those_are_told(
    door: Door,
) -> None:
    """From however many places she asks. A free address costs her the invite."""
    client = door.client
    admin = await client.admin()
    code = await client.invite(admin, max_uses=3)
    await door.deliver()
    heard = []
    for number in range(INVITED.free + 2):
        request = api.RegisterRequest(
            invite_code=code, handle=f"e-{number}", email="admin@example.org", password=PASSWORD,
            service_text_version=1,
        )  # fmt: skip
        place = f"192.0.2.{number}"
        heard.append(await _reason(call(client.accounts.Register, request, client_address=place)))
    assert heard == ["EMAIL_TAKEN"] * (INVITED.free + 1) + ["LIMITED"]
    told = [(one.kind, one.to) for one in await door.deliver()]
    assert told == [(Kind.ALREADY_THERE, "admin@example.org")]
    other = await client.invite(admin)
    await client.register(other, "ada")


async def test_who_joins_rightly_does_not_wait_for_who_joined_before_her(door: Door) -> None:
    code = await door.client.invite(await door.client.admin(), max_uses=40)
    for _ in range(40):
        await _looking(door.client, code, "192.0.2.1")
    await _registering(door.client, code, "192.0.2.1")


async def _reason(attempt: Awaitable[Any]) -> str:
    with pytest.raises(RemoteError) as refused:
        await attempt
    return refused.value.reason


def _ignored() -> float:
    return REGISTRY.get_sample_value("kith_identity_strangers_total", {"said": "address"}) or 0.0
