"""One contract for accounts that wait and links that were used, of the fake and the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from identity.adapters.mongo import MongoDirectory
from identity.application.ports import Accounts
from identity.domain import recovering
from identity.domain.mail_link import Link, Purpose, hash_secret

from services.identity.tests.builders import NETWORK, NOW, a_member
from services.identity.tests.fakes import FakeAccounts


class Contract:
    """What every implementation does."""

    @pytest.fixture
    def accounts(self) -> Accounts:
        raise NotImplementedError

    async def test_the_link_that_set_a_password_is_remembered_until_the_next(
        self, accounts: Accounts
    ) -> None:
        account, events = a_member("ada")
        await accounts.add(account, events)
        secret, until = b"s" * 32, NOW + timedelta(hours=1)
        link = Link(Purpose.RESET, hash_secret(secret), "ada@example.org", until)
        linked = account.with_link(link)
        await accounts.save(linked, ())
        reset = recovering.reset_password(linked, secret, "cheap:y", NOW, keep_passkeys=False)
        await accounts.save(reset, ())
        kept = await accounts.get(account.id)
        assert kept == reset
        assert recovering.used(kept, secret, NOW)
        assert not recovering.used(kept, b"x" * 32, NOW)
        assert not recovering.used(kept, secret, NOW + recovering.AGAIN)
        changed = kept.change_password("cheap:z")
        await accounts.save(changed, ())
        assert await accounts.get(account.id) == changed
        assert not recovering.used(changed, secret, NOW)


class TestFake(Contract):
    @pytest.fixture
    def accounts(self) -> Accounts:
        return FakeAccounts()


class TestMongo(Contract):
    @pytest.fixture
    def accounts(self, directory: MongoDirectory) -> Accounts:
        return directory.accounts(NETWORK)
