"""The admins of a network: one contract for fake and database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from common.errors import ConcurrentUpdate
from common.ids import new_id
from common.mongo import Database
from identity.adapters.mongo import MongoDirectory
from identity.application.ports import Directory
from identity.domain.account import Credentials
from identity.domain.admission import DeclineReason
from identity.domain.applying import apply_to_join
from identity.domain.role import Role
from identity.domain.stepping_down import AdminList, SteppingDown

from services.identity.tests.builders import NETWORK, NOW, a_member, an_imported
from services.identity.tests.fakes import FakeDirectory
from services.identity.tests.unit.test_granting import a_grant


class Contract:
    """What every implementation of ports_roles.Admins does."""

    @pytest.fixture
    def kept(self) -> Directory:
        raise NotImplementedError

    async def test_those_count_who_are_admins_for_good(self, kept: Directory) -> None:
        accounts, admins = kept.accounts(NETWORK), kept.admins(NETWORK)
        lasting, given = a_member("aa", roles=[Role.NETWORK_ADMIN]), a_member("bb")
        for account, events in (lasting, given, a_member("cc")):
            await accounts.add(account, events)
        for name, grants in (("dd", (a_grant(Role.NETWORK_ADMIN, 7),)),
                             ("ee", (a_grant(Role.NETWORK_ADMIN),))):  # fmt: skip
            account, events = a_member(name, roles=[Role.NETWORK_ADMIN])
            await accounts.add(account, events)
            await accounts.save(replace(account, grants=grants, version=2), ())
        closed, events = a_member("ff", roles=[Role.NETWORK_ADMIN])
        await accounts.add(closed, events)
        await accounts.save(*closed.close(NOW))
        found = [await accounts.get(id) for id in await admins.lasting()]
        assert sorted(one.handle for one in found if one) == ["aa", "ee"]
        assert await kept.admins(new_id()).lasting() == []

    async def test_who_cannot_sign_in_is_no_admin_to_rely_on(self, kept: Directory) -> None:
        accounts, admins = kept.accounts(NETWORK), kept.admins(NETWORK)
        waiting = apply_to_join(new_id(), NETWORK, "aa", Credentials("aa@x.org", "x"), "", NOW)
        declined = apply_to_join(new_id(), NETWORK, "bb", Credentials("bb@x.org", "x"), "", NOW)
        declined = replace(declined.decline(DeclineReason.FULL, NOW), version=1)
        imported, _ = an_imported(handle="cc")
        for account in (waiting, declined, imported):
            await accounts.add(replace(account, roles=frozenset({Role.NETWORK_ADMIN})), ())
        assert await admins.lasting() == []
        entered, events = replace(waiting, roles=frozenset({Role.NETWORK_ADMIN})).approve(NOW)
        await accounts.save(entered, events)
        assert await admins.lasting() == [waiting.id]

    async def test_the_list_changes_one_version_at_a_time(self, kept: Directory) -> None:
        admins, ada = kept.admins(NETWORK), new_id()
        empty = AdminList(NETWORK)
        assert await admins.list() == empty
        first = empty.step_down(SteppingDown(new_id(), ada, NOW), [ada, new_id()])
        await admins.save(first)
        assert await admins.list() == first
        with pytest.raises(ConcurrentUpdate):
            await admins.save(first)
        second = first.done(first.leaving[0].id)
        await admins.save(second)
        with pytest.raises(ConcurrentUpdate):
            await admins.save(second)
        assert await admins.list() == second

    async def test_who_is_erased_is_taken_off_the_list(self, kept: Directory) -> None:
        admins, ada, bea = kept.admins(NETWORK), new_id(), new_id()
        await admins.forget(ada)
        kept_list = AdminList(NETWORK)
        for who in (ada, bea):
            leaving = SteppingDown(new_id(), who, NOW)
            kept_list = kept_list.step_down(leaving, [new_id()])
            await admins.save(kept_list)
        await admins.forget(ada)
        after = await admins.list()
        assert [one.member_id for one in after.leaving] == [bea]
        with pytest.raises(ConcurrentUpdate):
            await admins.save(kept_list.done(kept_list.leaving[0].id))


class TestFake(Contract):
    @pytest.fixture
    def kept(self) -> Directory:
        return FakeDirectory()


class TestMongo(Contract):
    @pytest.fixture
    def kept(self, directory: MongoDirectory) -> Directory:
        return directory

    async def test_admins_are_found_by_an_index(
        self, directory: MongoDirectory, database: Database
    ) -> None:
        plan = await database.collection("accounts", NETWORK).plan(
            {"roles": Role.NETWORK_ADMIN.value}, [("_id", 1)]
        )
        assert "IXSCAN" in str(plan)
