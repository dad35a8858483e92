"""Opening a network twice by one request: one network, one way in, whatever was lost between."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from common.errors import Conflict, Invalid
from common.testing.clock import FakeClock
from identity.adapters.master_key import KeyedDigest
from identity.application.create_network import NetworkWanted, create_network
from identity.domain.deed import Done
from identity.domain.errors import NetworkExists
from identity.domain.network import Network
from identity.domain.role import Role

from services.identity.tests.builders import NOW, a_caller
from services.identity.tests.fakes import FakeDirectory, FakeNetworks

CODES = KeyedDigest(b"c" * 32)
OPERATOR = a_caller(Role.PLATFORM_OPERATOR)
WANTED = NetworkWanted("new", "New", "UTC", "q1")


class Crash(Exception):
    """The process is gone: nothing after this point runs."""


async def test_a_lost_answer_is_had_again() -> None:
    directory, clock = FakeDirectory(), FakeClock(NOW)
    first = await create_network(directory, clock, OPERATOR, WANTED, CODES)
    clock.advance(timedelta(hours=1))
    assert await create_network(directory, clock, OPERATOR, WANTED, CODES) == first
    assert len(directory.invites(first[0].id).all) == 1


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_crash_in_the_middle_is_mended_by_asking_again(when: str) -> None:
    class Networks(FakeNetworks):
        crashes = 1

        async def add(self, network: Network, done: Done | None = None) -> None:
            crash = self.crashes
            self.crashes = 0
            if crash and when == "before":
                raise Crash
            await super().add(network, done)
            if crash:
                raise Crash

    directory, clock = FakeDirectory(), FakeClock(NOW)
    directory.networks = Networks()
    with pytest.raises(Crash):
        await create_network(directory, clock, OPERATOR, WANTED, CODES)
    network, opened = await create_network(directory, clock, OPERATOR, WANTED, CODES)
    assert await directory.networks.by_slug("new") == network
    assert await directory.invites(network.id).by_code(opened.code) == opened.invite


@pytest.mark.parametrize(
    "change", [{"slug": "other"}, {"display_name": "Other"}, {"time_zone": "Europe/Berlin"}]
)
async def test_a_request_id_is_for_one_network(change: dict[str, str]) -> None:
    directory, clock = FakeDirectory(), FakeClock(NOW)
    await create_network(directory, clock, OPERATOR, WANTED, CODES)
    with pytest.raises(Conflict):
        await create_network(directory, clock, OPERATOR, replace(WANTED, **change), CODES)


async def test_another_request_or_none_does_not_get_the_invite_of_this_one() -> None:
    directory, clock = FakeDirectory(), FakeClock(NOW)
    await create_network(directory, clock, OPERATOR, WANTED, CODES)
    for other in (replace(WANTED, request_id="q2"), replace(WANTED, request_id="")):
        with pytest.raises(NetworkExists):
            await create_network(directory, clock, OPERATOR, other, CODES)
    with pytest.raises(NetworkExists):  # another operator's q1 is another request
        await create_network(directory, clock, a_caller(Role.PLATFORM_OPERATOR), WANTED, CODES)


async def test_the_code_follows_from_the_key_and_not_from_the_request_alone() -> None:
    codes: set[str] = set()
    ids: set[UUID] = set()
    for key in (b"c" * 32, b"d" * 32):
        made = await create_network(
            FakeDirectory(), FakeClock(NOW), OPERATOR, WANTED, KeyedDigest(key)
        )
        ids.add(made[0].id)
        codes.add(made[1].code)
    assert (len(ids), len(codes)) == (1, 2)


async def test_a_request_id_has_an_end() -> None:
    with pytest.raises(Invalid):
        await create_network(
            FakeDirectory(), FakeClock(NOW), OPERATOR, replace(WANTED, request_id="q" * 101), CODES
        )
