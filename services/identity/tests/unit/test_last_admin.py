"""What does this test do? Admins of a network take the role from each other and from themselves,
all at once, in every order of reads and writes that hypothesis thinks of, and some are killed on
the way: the network is never without an admin, and afterwards all but one can be removed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from common.errors import ConcurrentUpdate
from common.ids import new_id
from common.testing.clock import FakeClock
from hypothesis import given, settings
from hypothesis import strategies as st
from identity.application.change_roles import Roles
from identity.application.ports import Directory
from identity.domain import granting
from identity.domain.errors import AccountNotFound, LastAdmin
from identity.domain.grant import Grant
from identity.domain.role import Role
from identity.domain.stepping_down import STALE_AFTER

from services.identity.tests.builders import NETWORK, NOW, a_member
from services.identity.tests.fakes import FakeDirectory


class Killed(BaseException):
    """The process is gone."""


class Slow:
    """A port whose calls take their turns; after `left` of them the process is gone."""

    def __init__(self, port: object, turns: Iterator[int], left: list[int]) -> None:
        self._port, self._turns, self._left = port, turns, left

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)

        async def call(*arguments: object) -> Any:
            for _ in range(next(self._turns)):
                await asyncio.sleep(0)
            if self._left[0] == 0:
                raise Killed
            self._left[0] -= 1
            return await found(*arguments)

        return call


class SlowDirectory:
    """A directory of such ports, as one process sees it."""

    def __init__(self, directory: FakeDirectory, turns: Iterator[int], lives: int) -> None:
        self._directory, self._turns, self._left = directory, turns, [lives]

    def __getattr__(self, name: str) -> Any:
        made = getattr(self._directory, name)
        return lambda network_id: Slow(made(network_id), self._turns, self._left)


def turns(drawn: list[int]) -> Iterator[int]:
    while True:
        yield from drawn


PROCESS = st.tuples(
    st.integers(0, 2), st.lists(st.integers(0, 4), min_size=1, max_size=8),
    st.integers(0, 12) | st.just(1000),
)  # fmt: skip


@given(st.integers(2, 3), st.lists(PROCESS, min_size=2, max_size=5))
@settings(max_examples=300, deadline=None)
def test_a_network_keeps_an_admin(count: int, processes: list[tuple[int, list[int], int]]) -> None:
    asyncio.run(scenario(count, processes))


async def scenario(count: int, processes: list[tuple[int, list[int], int]]) -> None:
    directory, clock = FakeDirectory(), FakeClock(NOW)
    ids = []
    for number in range(count):
        account, events = a_member(f"admin-{number}", roles=[Role.MEMBER, Role.NETWORK_ADMIN])
        await directory.accounts(NETWORK).add(account, events)
        ids.append(account.id)

    async def remove(whose: UUID, waits: list[int], lives: int) -> None:
        slow = cast(Directory, SlowDirectory(directory, turns(waits), lives))
        try:
            await taken(Roles(slow, clock), whose)
        except (LastAdmin, ConcurrentUpdate, Killed):
            return

    async def watch() -> None:
        for _ in range(200):
            assert await directory.admins(NETWORK).lasting(), "nobody is left"
            await asyncio.sleep(0)

    await asyncio.gather(
        watch(), *(remove(ids[whose % count], waits, lives) for whose, waits, lives in processes)
    )
    left = list(await directory.admins(NETWORK).lasting())
    assert left
    clock.advance(STALE_AFTER)  # what those who were killed left behind counts no more
    undisturbed = Roles(directory, clock)
    for whose in left[1:]:
        await taken(undisturbed, whose)
    with pytest.raises(LastAdmin):
        await taken(undisturbed, left[0])


async def test_a_write_that_may_still_come_leaves_her_on_the_list() -> None:
    """Its caller hung up while it was on its way: taking her off would count her as staying."""
    directory, ids = FakeDirectory(), []
    for name in ("ada", "bea"):
        account, events = a_member(name, roles=[Role.MEMBER, Role.NETWORK_ADMIN])
        await directory.accounts(NETWORK).add(account, events)
        ids.append(account.id)
    accounts, roles = Late(directory.accounts(NETWORK)), Roles(directory, FakeClock(NOW))
    late = cast(Directory, LateDirectory(directory, accounts))
    with pytest.raises(asyncio.CancelledError):
        await taken(Roles(late, FakeClock(NOW)), ids[0])
    with pytest.raises(LastAdmin):
        await taken(roles, ids[1])
    await accounts.arrive()
    assert await directory.admins(NETWORK).lasting() == [ids[1]]


class Late:
    """Accounts that are written after their caller hung up."""

    def __init__(self, port: Any) -> None:
        self._port, self._sent = port, ()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    async def save(self, *arguments: Any) -> None:
        self._sent = arguments
        raise asyncio.CancelledError

    async def arrive(self) -> None:
        await self._port.save(*self._sent)


class LateDirectory:
    """A directory with such accounts."""

    def __init__(self, directory: FakeDirectory, accounts: Late) -> None:
        self._directory, self._late = directory, accounts

    def __getattr__(self, name: str) -> Any:
        return getattr(self._directory, name)

    def accounts(self, network_id: UUID) -> Late:
        return self._late


async def taken(roles: Roles, whose: UUID) -> None:
    await roles.change(
        NETWORK, whose,
        lambda account, now: granting.revoke(account, Role.NETWORK_ADMIN, new_id(), now),
    )  # fmt: skip


async def test_the_last_admin_cannot_be_given_an_end_either() -> None:
    directory, clock = FakeDirectory(), FakeClock(NOW)
    account, events = a_member("admin", roles=[Role.MEMBER, Role.NETWORK_ADMIN])
    accounts = directory.accounts(NETWORK)
    await accounts.add(account, events)
    ending = Grant(Role.NETWORK_ADMIN, new_id(), NOW, "holiday", NOW + timedelta(days=1))
    roles = Roles(directory, clock)
    for change in (
        lambda account, now: granting.grant(account, ending),
        lambda account, now: granting.set_roles(
            account, frozenset({Role.MEMBER}), new_id(), "", now
        ),
    ):
        with pytest.raises(LastAdmin):
            await roles.change(NETWORK, account.id, change)
    other, events = a_member("other", roles=[Role.NETWORK_ADMIN])
    await accounts.add(replace(other, closed=True), events)
    with pytest.raises(LastAdmin):  # whoever is leaving stays nothing
        await taken(roles, account.id)
    with pytest.raises(AccountNotFound):
        await taken(roles, other.id)
