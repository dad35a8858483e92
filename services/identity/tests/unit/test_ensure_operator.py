"""The operator's account is there after every start, with the password of the settings."""

from __future__ import annotations

import asyncio

import pytest
from common.testing.clock import FakeClock
from identity.application.ensure_operator import EMAIL, ensure_operator
from identity.domain.account import Account
from identity.domain.network import OPERATOR_SLUG
from identity.domain.role import Role

from services.identity.tests.builders import NOW
from services.identity.tests.fakes import FakeDirectory, FakePasswords


@pytest.fixture
def directory() -> FakeDirectory:
    return FakeDirectory()


async def started(directory: FakeDirectory, password: str) -> None:
    await ensure_operator(directory, FakePasswords(), FakeClock(NOW), password)


async def operator(directory: FakeDirectory) -> Account:
    network = await directory.networks.by_slug(OPERATOR_SLUG)
    assert network
    account = await directory.accounts(network.id).by_email(EMAIL)
    assert account
    return account


async def test_the_first_start_makes_the_operator(directory: FakeDirectory) -> None:
    await started(directory, "first password")
    assert (await operator(directory)).roles == {Role.PLATFORM_OPERATOR}


async def test_the_next_start_changes_nothing(directory: FakeDirectory) -> None:
    await started(directory, "first password")
    before = await operator(directory)
    await started(directory, "first password")
    assert await operator(directory) == before


async def test_another_password_in_the_settings_replaces_the_old_one(
    directory: FakeDirectory,
) -> None:
    await started(directory, "first password")
    await started(directory, "second password")
    account = await operator(directory)
    assert account.credentials
    assert account.credentials.password_hash == "cheap:second password"
    assert (account.version, account.session_epoch) == (2, 1)


async def test_many_processes_may_start_at_once(directory: FakeDirectory) -> None:
    await asyncio.gather(*(started(directory, "first password") for _ in range(5)))
    account = await operator(directory)
    assert list(directory.accounts(account.network_id).all) == [account.id]
