"""One contract for what identity keeps, held by the fake and by the database alike."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from common.errors import ConcurrentUpdate, Unavailable
from common.ids import new_id
from common.mongo import Database
from common.outbox import MAX_WAITING
from identity.adapters.mongo import MongoDirectory
from identity.application.ports import Accounts, Directory, Invites
from identity.domain.account import Account
from identity.domain.errors import EmailTaken, HandleTaken, NetworkExists
from identity.domain.grant import Badge, BadgeKind, Grant
from identity.domain.network_rules import (
    AgeRule,
    AgeStatement,
    Branding,
    CrisisResource,
    Moderation,
    Opening,
)
from identity.domain.passkey import Passkey
from identity.domain.role import Role
from identity.domain.second_factor import SecondFactor

from services.identity.tests.builders import (
    NETWORK,
    NOW,
    a_choice,
    a_member,
    a_network,
    an_imported,
    an_invite,
)
from services.identity.tests.fakes import FakeDirectory

OTHER_NETWORK = new_id()
GRANT = Grant(Role.CARE_TEAM, new_id(), NOW, "she asked", NOW + timedelta(days=1))
UNENDING = Grant(Role.MEMBER, new_id(), NOW, "for good")
BADGE = Badge(BadgeKind.MENTOR_TRAINING, new_id(), NOW, NOW + timedelta(days=1))
UNUSED = Passkey(new_id(), b"id", b"key", 0, (), "", NOW)
USED = Passkey(new_id(), b"other", b"key", 7, ("internal", "hybrid"), "Phone", NOW, NOW)
CONFIRMED = SecondFactor(b"sealed").confirm(7, [b"one", b"two"], NOW)


class DirectoryContract:
    """What every implementation of ports.Directory does."""

    @pytest.fixture
    def kept(self) -> Directory:
        raise NotImplementedError

    @pytest.fixture
    def accounts(self, kept: Directory) -> Accounts:
        return kept.accounts(NETWORK)

    @pytest.fixture
    def invites(self, kept: Directory) -> Invites:
        return kept.invites(NETWORK)

    async def test_a_network_is_found_by_id_and_slug_and_the_slug_is_its_own(
        self, kept: Directory
    ) -> None:
        network = a_network("lupus")
        await kept.networks.add(network)
        assert await kept.networks.get(network.id) == network
        assert await kept.networks.by_slug("lupus") == network
        assert await kept.networks.get(new_id()) is None
        assert await kept.networks.by_slug("other") is None
        for taken in (a_network("lupus"), replace(network, slug="other")):
            with pytest.raises(NetworkExists):
                await kept.networks.add(taken)

    async def test_a_network_comes_back_as_it_was_saved_one_version_at_a_time(
        self, kept: Directory
    ) -> None:
        network = a_network("lupus")
        await kept.networks.add(network)
        changed = network.change(
            {
                "locale": "de", "age_rule": AgeRule(18, AgeStatement.BIRTH_DATE),
                "moderation": Moderation.BEFORE, "opening": Opening.APPROVAL,
                "crisis_resources": (CrisisResource("Helpline", "116 123"),),
                "branding": Branding("#000000", "a.svg", "L"), "display_name": "Other",
                "time_zone": "UTC",
            }
        )  # fmt: skip
        await kept.networks.save(changed)
        assert await kept.networks.get(network.id) == changed
        with pytest.raises(ConcurrentUpdate):
            await kept.networks.save(network.change({"locale": "fr"}))
        assert await kept.networks.by_slug("lupus") == changed

    async def test_an_invite_comes_back_as_it_was_saved(self, invites: Invites) -> None:
        invite, code = an_invite(max_uses=5, roles=[Role.MEMBER, Role.MENTOR])
        await invites.add(invite)
        assert await invites.by_code(code) == invite
        reserved = invite.reserve(new_id(), NOW)
        await invites.save(reserved)
        assert await invites.by_code(code) == reserved
        assert await invites.by_code(an_invite()[1]) is None

    async def test_an_invite_is_stored_once(self, invites: Invites) -> None:
        invite, code = an_invite()
        await invites.add(invite)
        with pytest.raises(ConcurrentUpdate):
            await invites.add(replace(invite, id=new_id()))
        assert await invites.by_code(code) == invite

    async def test_an_invite_changes_one_version_at_a_time(self, invites: Invites) -> None:
        invite, code = an_invite(max_uses=5)
        await invites.add(invite)
        await invites.save(invite.reserve(new_id(), NOW))
        with pytest.raises(ConcurrentUpdate):
            await invites.save(invite.reserve(new_id(), NOW))
        kept = await invites.by_code(code)
        assert kept
        assert len(kept.seats) == 1

    @pytest.mark.parametrize("imported", [False, True])
    async def test_an_account_comes_back_as_it_was_stored(
        self, accounts: Accounts, imported: bool
    ) -> None:
        made = an_imported("1", consented=True) if imported else a_member("ada")
        await accounts.add(*made)
        assert await accounts.get(made[0].id) == made[0]
        assert await accounts.get(new_id()) is None

    async def test_an_account_remembers_the_request_that_made_it(self, accounts: Accounts) -> None:
        account, events = a_member("ada")
        named = replace(account, registered_by=b"the request")
        await accounts.add(named, events)
        assert await accounts.by_email("ada@example.org") == named

    async def test_an_account_comes_back_as_it_was_saved(self, accounts: Accounts) -> None:
        account, events = a_member("ada")
        await accounts.add(account, events)
        for change in (
            account.sign_in(NOW),
            account.sign_in(NOW)[0].decide(a_choice(True), NOW + timedelta(seconds=1)),
            (replace(account.end_sessions(NOW)[0], version=4), ()),
            (replace(account.with_second_factor(SecondFactor(b"sealed")), version=5), ()),
            (replace(account.with_second_factor(CONFIRMED), version=6), ()),
            (replace(account.with_second_factor(None), version=7), ()),
            (replace(account, grants=(GRANT, UNENDING), badges=(BADGE,), version=8), ()),
            (replace(account, passkeys=(USED, UNUSED), version=9), ()),
        ):
            await accounts.save(*change)
            assert await accounts.get(account.id) == change[0]
            assert await accounts.by_email("ada@example.org") == change[0]

    async def test_records_of_decisions_stay_as_they_were_stored(self, kept: Directory) -> None:
        consents, (ada, _), (ben, _) = kept.consents(NETWORK), a_member("ada"), a_member("ben")
        made = []
        for granted in (True, False, True):
            ada, _ = ada.decide(replace(a_choice(granted), request=b"%d" % granted), NOW)
            made.append(ada.decisions[-1])
        ben, _ = ben.decide(a_choice(True), NOW)
        await consents.add(ada.id, ())
        await consents.add(ada.id, made[:2])
        await consents.add(ada.id, [replace(made[0], text_version=9), made[2]])
        await consents.add(ben.id, ben.decisions)
        assert await consents.newest(ada.id, 0, 9) == made[::-1]
        assert await consents.newest(ada.id, 3, 1) == [made[1]]
        assert await consents.get(ada.id, made[1].id) == made[1]
        assert await consents.get(ben.id, made[1].id) is None
        assert await consents.by_request(ada.id, b"0") == made[1]
        assert await consents.by_request(ben.id, b"0") is None
        assert await kept.consents(OTHER_NETWORK).get(ada.id, made[1].id) is None
        await consents.remove_all(ada.id)
        assert (await consents.count(ada.id), await consents.count(ben.id)) == (0, 1)

    async def test_an_account_changes_one_version_at_a_time(self, accounts: Accounts) -> None:
        account, events = a_member()
        await accounts.add(account, events)
        await accounts.save(*account.end_sessions(NOW))
        with pytest.raises(ConcurrentUpdate):
            await accounts.save(*account.sign_in(NOW))
        with pytest.raises(ConcurrentUpdate):
            await accounts.save(*a_member("nobody")[0].sign_in(NOW))

    async def test_handles_that_differ_by_case_alone_are_one(self, accounts: Accounts) -> None:
        await accounts.add(*a_member("Ada"))
        other = a_member("bea")[0]
        with pytest.raises(HandleTaken):
            await accounts.add(replace(other, handle="aDA"), ())
        await accounts.add(other, ())

    async def test_an_address_belongs_to_one_account(self, accounts: Accounts) -> None:
        ada, _ = a_member("ada")
        await accounts.add(ada, ())
        with pytest.raises(EmailTaken):
            await accounts.add(replace(a_member("bea")[0], credentials=ada.credentials), ())

    async def test_the_same_person_may_join_two_networks(self, kept: Directory) -> None:
        await kept.accounts(NETWORK).add(*a_member("ada"))
        ada, events = a_member("ada", network_id=OTHER_NETWORK)
        await kept.accounts(OTHER_NETWORK).add(ada, events)
        assert await kept.accounts(NETWORK).get(ada.id) is None
        assert await kept.accounts(OTHER_NETWORK).by_email("ada@example.org") == ada

    async def test_many_are_stored_in_order_up_to_the_first_that_is_refused(
        self, accounts: Accounts
    ) -> None:
        await accounts.add(*a_member("ada"))
        rows = [
            an_imported("1"),
            an_imported("2"),
            an_imported("3", handle="ADA"),
            an_imported("4"),
        ]
        assert await accounts.add_many(rows) == 2
        assert await accounts.add_many(rows[3:]) == 1
        assert await accounts.add_many(rows[:1]) == 0
        known = await accounts.by_origin("old-place", ["1", "2", "3", "4", "5"])
        assert known == {str(number): rows[number - 1][0].id for number in (1, 2, 4)}

    async def test_an_origin_is_a_source_and_an_id_in_it(self, accounts: Accounts) -> None:
        await accounts.add(*an_imported("1"))
        await accounts.add(*an_imported("1", handle="another", source="new-place"))
        found = await accounts.by_origin("new-place", ["1", "2"])
        assert list(found) == ["1"]
        assert await accounts.by_origin("third-place", ["1"]) == {}
        assert await accounts.by_origin("new-place", []) == {}

    async def test_pages_hold_every_account_once_oldest_first(self, accounts: Accounts) -> None:
        made = [an_imported(str(number)) for number in range(7)]
        await accounts.add_many(made)
        await accounts.rule_out([new_id() for _ in range(3)])
        late = an_imported("late")
        await accounts.add(*late)
        seen: list[Account] = []
        while page := await accounts.page(seen[-1].id if seen else None, 3):
            assert len(page) <= 3
            seen += page
        assert [account.id for account in seen] == [account.id for account, _ in [*made, late]]

    async def test_who_is_ruled_out_can_never_become_an_account(self, accounts: Accounts) -> None:
        there, _ = a_member("ada")
        await accounts.add(there, ())
        never, _ = a_member("bea")
        for _ in range(2):
            assert set(await accounts.rule_out([there.id, never.id])) == {there.id}
        with pytest.raises(ConcurrentUpdate):
            await accounts.add(never, ())
        assert await accounts.get(never.id) is None
        assert await accounts.get(there.id) == there

    async def test_an_account_whose_events_nobody_takes_is_left_alone_at_last(
        self, accounts: Accounts
    ) -> None:
        account, events = a_member()
        await accounts.add(account, events)
        for _ in range(MAX_WAITING - 1):
            account, events = account.sign_in(NOW)
            await accounts.save(account, events)
        with pytest.raises(Unavailable):
            await accounts.save(*account.sign_in(NOW))
        ended, _ = account.end_sessions(NOW)
        await accounts.save(ended, ())  # untold, or it would wait for the broker too


class TestFakeDirectory(DirectoryContract):
    @pytest.fixture
    def kept(self) -> Directory:
        return FakeDirectory()


class TestMongoDirectory(DirectoryContract):
    @pytest.fixture
    def kept(self, directory: MongoDirectory) -> Directory:
        return directory

    async def test_a_repeated_write_of_an_account_is_no_rival_of_the_first(
        self, accounts: Accounts
    ) -> None:
        made = a_member("ada")
        await accounts.add(*made)
        await accounts.add(*made)  # as a driver does that lost the first answer

    async def test_of_many_who_want_a_handle_at_once_one_gets_it(self, accounts: Accounts) -> None:
        async def attempt(number: int) -> str:
            try:
                await accounts.add(replace(a_member(f"m-{number}")[0], handle="ada"), ())
            except HandleTaken:
                return "taken"
            return "stored"

        outcomes = await asyncio.gather(*map(attempt, range(12)))
        assert sorted(outcomes) == ["stored"] + ["taken"] * 11

    async def test_passwords_and_events_are_where_they_belong(
        self, accounts: Accounts, database: Database
    ) -> None:
        await accounts.add(*a_member("yuki", hashed="the-hash"))  # no name that hex could spell
        document = await database.unscoped("accounts").find_one({})
        assert document
        assert document["password_hash"] == "the-hash"
        for entry in document["outbox"]:
            assert b"the-hash" not in entry["payload"]
            assert b"yuki" not in entry["payload"]


async def test_every_hot_query_walks_an_index(
    directory: MongoDirectory, database: Database
) -> None:
    await directory.networks.add(a_network())
    accounts = database.collection("accounts", NETWORK)
    await directory.accounts(NETWORK).add_many([an_imported(str(n)) for n in range(50)])
    invites = database.collection("invites", NETWORK)
    await directory.invites(NETWORK).add(an_invite()[0])
    plans = [
        await accounts.plan({"keys": "email:ada@example.org"}, [("_id", 1)]),
        await accounts.plan({"keys": {"$in": ["origin:old-place/1", "x"]}}, [("_id", 1)]),
        await accounts.plan({"_id": new_id()}, [("_id", 1)]),
        await accounts.plan({"_id": {"$gt": new_id()}}, [("_id", 1)]),
        await invites.plan({"code_hash": b"x"}, [("_id", 1)]),
    ]
    explained = await database.unscoped("networks").find({"slug": "lupus"}).explain()
    plans.append(explained["queryPlanner"]["winningPlan"])
    for plan in plans:
        assert "IXSCAN" in str(plan)
        assert "COLLSCAN" not in str(plan)


async def test_a_network_of_before_there_were_settings_has_the_usual_ones(
    database: Database, directory: MongoDirectory
) -> None:
    network = a_network("old")
    await directory.networks.add(network)
    late = {
        "locale",
        "age_rule",
        "moderation",
        "opening",
        "crisis_resources",
        "branding",
        "version",
    }
    await database.unscoped("networks").update_one(
        {"_id": network.id}, {"$unset": dict.fromkeys(late, "")}
    )
    assert await directory.networks.get(network.id) == network
    changed = network.change({"locale": "de"})
    await directory.networks.save(changed)
    assert await directory.networks.by_slug("old") == changed
