"""One contract for accounts that wait and links that were used, of the fake and the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from common.ids import new_id
from common.mongo import Database
from identity.adapters.mongo import MongoDirectory
from identity.application.ports import Accounts
from identity.domain import recovering
from identity.domain.account import Account, Credentials
from identity.domain.admission import DeclineReason
from identity.domain.applying import apply_to_join
from identity.domain.mail_link import Link, Purpose, hash_secret

from services.identity.tests.builders import NETWORK, NOW, a_member
from services.identity.tests.fakes import FakeAccounts


def who_waits(handle: str) -> Account:
    opens = Credentials(f"{handle}@example.org", "cheap:x")
    return apply_to_join(new_id(), NETWORK, handle, opens, "Hello", NOW)


class Contract:
    """What every implementation does."""

    @pytest.fixture
    def accounts(self) -> Accounts:
        raise NotImplementedError

    async def test_who_waits_is_counted_until_it_is_decided(self, accounts: Accounts) -> None:
        ada, bea, cleo = map(who_waits, ("ada", "bea", "cleo"))
        for one in (ada, bea, cleo):
            await accounts.add(one, ())
        await accounts.add(*a_member("dora"))
        assert await accounts.count_waiting() == 3
        assert [one.id for one in await accounts.waiting(None, 9)] == [ada.id, bea.id, cleo.id]
        await accounts.save(*ada.approve(NOW))
        await accounts.save(bea.decline(DeclineReason.FULL, NOW), ())
        assert await accounts.count_waiting() == 1
        assert await accounts.get(cleo.id) == cleo
        declined = await accounts.get(bea.id)
        assert declined
        assert declined.admission == bea.decline(DeclineReason.FULL, NOW).admission

    async def test_the_link_that_set_a_password_is_remembered_until_the_next(
        self, accounts: Accounts
    ) -> None:
        account, events = a_member("ada")
        await accounts.add(account, events)
        secret, until = b"s" * 32, NOW + timedelta(hours=1)
        link = Link(Purpose.RESET, hash_secret(secret), "ada@example.org", until)
        linked = account.with_link(link)
        await accounts.save(linked, ())
        reset, _ = recovering.reset_password(linked, secret, "cheap:y", NOW, keep_passkeys=False)
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

    async def test_counting_walks_an_index(
        self, database: Database, directory: MongoDirectory
    ) -> None:
        collection = database.collection("accounts", NETWORK)
        assert "IXSCAN" in str(await collection.plan({"waiting": True}, [("_id", 1)]))
