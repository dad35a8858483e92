"""Roles, consents, queries, invites and networks, on fakes: who may do what."""

from __future__ import annotations

import pytest
from common.auth import Caller
from common.errors import Forbidden, Invalid
from common.ids import new_id
from common.testing.clock import FakeClock
from identity.adapters.master_key import KeyedDigest
from identity.application import queries
from identity.application.create_network import NetworkWanted, create_network
from identity.domain.account import Account
from identity.domain.errors import AccountNotFound, NetworkExists, NetworkNotFound
from identity.domain.invite import network_of
from identity.domain.role import Role

from services.identity.tests.builders import (
    NOW,
    a_caller,
    a_member,
    access_of,
)
from services.identity.tests.fakes import FakeAccounts, FakeDirectory

CLOCK = FakeClock(NOW)
CODES = KeyedDigest(b"c" * 32)
STAFF = (Role.NETWORK_ADMIN, Role.MODERATOR, Role.CARE_TEAM)
NOT_STAFF = [role for role in Role if role not in STAFF]


@pytest.fixture
def accounts() -> FakeAccounts:
    return FakeAccounts()


@pytest.fixture
async def ada(accounts: FakeAccounts) -> Account:
    account, events = a_member("ada")
    await accounts.add(account, events)
    return account


def caller_of(account: Account) -> Caller:
    return a_caller(*account.roles, id=account.id)


@pytest.mark.parametrize("role", NOT_STAFF)
async def test_who_is_not_staff_sees_only_her_own_account(
    accounts: FakeAccounts, ada: Account, role: Role
) -> None:
    assert await queries.account_of(accounts, access_of(caller_of(ada)), ada.id) == ada
    for asked in (ada.id, new_id()):  # the answer does not tell which of them exists
        with pytest.raises(Forbidden):
            await queries.account_of(accounts, access_of(a_caller(role)), asked)


@pytest.mark.parametrize("role", STAFF)
async def test_staff_see_every_account_of_their_network(
    accounts: FakeAccounts, ada: Account, role: Role
) -> None:
    assert await queries.account_of(accounts, access_of(a_caller(role)), ada.id) == ada
    with pytest.raises(AccountNotFound):
        await queries.account_of(accounts, access_of(a_caller(role)), new_id())


async def test_pages_follow_one_another_without_gap_or_double(accounts: FakeAccounts) -> None:
    for number in range(5):
        await accounts.add(*a_member(f"member-{number}"))
    seen, after = [], None
    while True:
        page, more = await queries.list_accounts(accounts, after, 2)
        seen += [account.id for account in page]
        if not more:
            break
        after = page[-1].id
    assert seen == sorted(accounts.all)


async def test_a_network_opens_with_a_way_in_for_one_admin() -> None:
    directory, operator = FakeDirectory(), a_caller(Role.PLATFORM_OPERATOR)
    network, opened = await create_network(
        directory, CLOCK, operator, NetworkWanted("new", "New", "Europe/Berlin"), CODES
    )
    assert network_of(opened.code) == network.id
    assert opened.code not in repr(opened)
    assert opened.invite.terms.max_uses == 1
    assert opened.invite.terms.roles == {Role.NETWORK_ADMIN}
    assert await directory.invites(network.id).by_code(opened.code) == opened.invite
    with pytest.raises(NetworkExists):
        await create_network(
            directory, CLOCK, operator, NetworkWanted("new", "Other", "UTC"), CODES
        )


@pytest.mark.parametrize(
    "slug, display_name, time_zone",
    [("N", "New", "UTC"), ("new!", "New", "UTC"), ("n" * 41, "New", "UTC"), ("new", "", "UTC"),
     ("new", " New", "UTC"), ("new", "N\new", "UTC"), ("new", "N" * 101, "UTC"),
     ("new", "New", "Mars"), ("new", "New", "../UTC"), ("new", "New", "Europe")],
)  # fmt: skip
async def test_a_network_that_cannot_be_is_refused(
    slug: str, display_name: str, time_zone: str
) -> None:
    with pytest.raises(Invalid):
        await create_network(
            FakeDirectory(), CLOCK, a_caller(Role.PLATFORM_OPERATOR),
            NetworkWanted(slug, display_name, time_zone), CODES,
        )  # fmt: skip


async def test_a_caller_of_a_network_that_is_gone_is_told_so() -> None:
    with pytest.raises(NetworkNotFound):
        await queries.own_network(FakeDirectory().networks, a_caller())
