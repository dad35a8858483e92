"""Many at once, over the real database: seats, sign-ins and imports."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from common.testing.clock import FakeClock
from identity.adapters.master_key import KeyedDigest
from identity.adapters.mongo import MongoDirectory
from identity.application.create_network import NetworkWanted, create_network
from identity.application.create_session import Attempt, create_session
from identity.application.ensure_operator import EMAIL, ensure_operator
from identity.application.register import Application, register
from identity.domain.errors import InviteInvalid
from identity.domain.invite import STALE_AFTER
from identity.domain.network import OPERATOR_SLUG
from identity.domain.role import Role

from services.identity.tests.builders import NETWORK, NOW, PASSWORD, a_caller, a_network, an_invite
from services.identity.tests.doors import opened
from services.identity.tests.fakes import FakePasswords


@pytest.mark.parametrize("max_uses", [1, 5])
async def test_of_many_who_register_at_once_as_many_get_in_as_the_invite_says(
    directory: MongoDirectory, max_uses: int
) -> None:
    invite, code = an_invite(max_uses=max_uses)
    await directory.networks.add(a_network(id=NETWORK))
    await directory.invites(NETWORK).add(invite)
    passwords, clock = FakePasswords(), FakeClock(NOW)

    async def attempt(number: int) -> str:
        wanted = Application(code, f"m-{number}", f"m-{number}@example.org", PASSWORD)
        try:
            await register(directory, passwords, clock, wanted)
        except InviteInvalid:
            return "refused"
        return "joined"

    outcomes = Counter(await asyncio.gather(*map(attempt, range(16))))
    assert outcomes == {"joined": max_uses, "refused": 16 - max_uses}
    assert len(await directory.accounts(NETWORK).page(None, 50)) == max_uses


async def test_seats_of_crashed_processes_are_shared_out_again_without_overselling(
    directory: MongoDirectory,
) -> None:
    invite, code = an_invite(max_uses=4)
    crashed = [an_invite()[0].id for _ in range(3)]  # reserved, and then nothing more
    for account_id in crashed:
        invite = invite.reserve(account_id, NOW)
    await directory.networks.add(a_network(id=NETWORK))
    await directory.invites(NETWORK).add(invite)
    passwords, clock = FakePasswords(), FakeClock(NOW)
    clock.advance(STALE_AFTER)

    async def attempt(number: int) -> bool:
        wanted = Application(code, f"m-{number}", f"m-{number}@example.org", PASSWORD)
        try:
            await register(directory, passwords, clock, wanted)
        except InviteInvalid:
            return False
        return True

    assert sum(await asyncio.gather(*map(attempt, range(10)))) == 4
    assert len(await directory.accounts(NETWORK).page(None, 50)) == 4


async def test_sign_ins_of_one_account_at_once_are_all_told_in_order(
    directory: MongoDirectory,
) -> None:
    async with opened(directory) as door:
        ports, attempt = door.ports, Attempt(OPERATOR_SLUG, EMAIL, PASSWORD)
        await asyncio.gather(
            *(
                create_session(
                    directory, ports.passwords, ports.tokens, door.clock, attempt, ports.factors
                )
                for _ in range(8)
            )
        )
    network = await directory.networks.by_slug(OPERATOR_SLUG)
    assert network
    account = await directory.accounts(network.id).by_email(EMAIL)
    assert account
    assert account.version == 9


async def test_many_processes_starting_at_once_make_one_operator(
    directory: MongoDirectory,
) -> None:
    await asyncio.gather(
        *(ensure_operator(directory, FakePasswords(), FakeClock(NOW), PASSWORD) for _ in range(6))
    )
    network = await directory.networks.by_slug(OPERATOR_SLUG)
    assert network
    assert len(await directory.accounts(network.id).page(None, 10)) == 1


async def test_one_request_for_a_network_sent_many_times_at_once_makes_one_with_one_way_in(
    directory: MongoDirectory,
) -> None:
    operator, codes = a_caller(Role.PLATFORM_OPERATOR), KeyedDigest(bytes(32))
    wanted = NetworkWanted("berlin", "Berlin", "UTC", "q1")
    made = await asyncio.gather(
        *(create_network(directory, FakeClock(NOW), operator, wanted, codes) for _ in range(8))
    )
    assert len({(network.id, opened.code, opened.invite.id) for network, opened in made}) == 1
