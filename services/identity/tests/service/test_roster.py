"""One contract for the roster and for who waits, held by the fakes and by the database alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from common.errors import ConcurrentUpdate
from common.ids import new_id
from common.mongo import Database
from identity.adapters.master_key import KeyedDigest
from identity.adapters.mongo import MongoDirectory
from identity.adapters.mongo_roster import EligibleHasher
from identity.application.ports import Directory
from identity.domain.account import Account, Credentials
from identity.domain.admission import DeclineReason
from identity.domain.applying import apply_to_join
from identity.domain.roster import Eligible

from services.identity.tests.builders import NETWORK, NOW, a_member, an_invite
from services.identity.tests.fakes import FakeDirectory

ONE, TWO, THREE = (bytes([number]) * 32 for number in (1, 2, 3))


def an_applicant(name: str = "ada", note: str = "Hello") -> Account:
    return apply_to_join(new_id(), NETWORK, name, Credentials(f"{name}@x.example", "h"), note, NOW)


class JoiningContract:
    """What every implementation does."""

    @pytest.fixture
    def kept(self) -> Directory:
        raise NotImplementedError

    async def test_adding_again_adds_nothing_and_changes_nothing(self, kept: Directory) -> None:
        roster = kept.roster(NETWORK)
        assert await roster.add([ONE, TWO, ONE], NOW) == 2
        first = await roster.get(ONE)
        assert first
        taken = first.take(new_id(), NOW)
        await roster.save(taken)
        assert await roster.add([ONE, THREE], NOW + timedelta(days=1)) == 1
        assert await roster.add([], NOW) == 0
        assert await roster.get(ONE) == taken
        assert await roster.count() == (3, 2)

    async def test_who_has_joined_is_not_taken_off(self, kept: Directory) -> None:
        roster = kept.roster(NETWORK)
        await roster.add([ONE, TWO], NOW)
        entry = await roster.get(ONE)
        assert entry
        await roster.save(entry.take(new_id(), NOW))
        assert await roster.remove([ONE, TWO, THREE]) == 1
        assert await roster.get(TWO) is None
        assert await roster.count() == (1, 0)

    async def test_an_entry_changes_one_version_at_a_time(self, kept: Directory) -> None:
        roster = kept.roster(NETWORK)
        await roster.add([ONE], NOW)
        entry = await roster.get(ONE)
        assert entry
        await roster.save(entry.take(new_id(), NOW))
        with pytest.raises(ConcurrentUpdate):
            await roster.save(entry.take(new_id(), NOW))

    async def test_who_leaves_is_forgotten_and_her_entry_stays_used(self, kept: Directory) -> None:
        roster, member_id = kept.roster(NETWORK), new_id()
        await roster.add([ONE], NOW)
        entry = await roster.get(ONE)
        assert entry
        await roster.save(entry.take(member_id, NOW))
        assert await roster.forget(member_id) == 1
        assert await roster.forget(member_id) == 0
        left = await roster.get(ONE)
        assert left
        assert (left.taken_by, left.used, left.open) == (None, True, False)

    async def test_a_roster_is_of_one_network(self, kept: Directory) -> None:
        await kept.roster(NETWORK).add([ONE], NOW)
        other = kept.roster(new_id())
        assert await other.get(ONE) is None
        assert await other.count() == (0, 0)
        assert await other.remove([ONE]) == 0

    async def test_who_waits_is_listed_until_it_is_decided(self, kept: Directory) -> None:
        accounts = kept.accounts(NETWORK)
        ada, bea, cleo = map(an_applicant, ("ada", "bea", "cleo"))
        for one in (ada, bea, cleo):
            await accounts.add(one, ())
            assert await accounts.get(one.id) == one
        await accounts.add(*a_member("member"))
        assert await accounts.waiting(None, 2) == [ada, bea]
        assert await accounts.waiting(bea.id, 2) == [cleo]
        declined = ada.decline(DeclineReason.FULL, NOW)
        await accounts.save(declined, ())
        await accounts.save(*bea.approve(NOW))
        assert await accounts.waiting(None, 5) == [cleo]
        assert await accounts.get(ada.id) == declined
        assert await accounts.get(bea.id) == bea.approve(NOW)[0]

    async def test_invites_are_listed_and_ended(self, kept: Directory) -> None:
        invites = kept.invites(NETWORK)
        made = [an_invite()[0] for _ in range(3)]
        for one in made:
            await invites.add(one)
        assert await invites.page(None, 2) == made[:2]
        assert await invites.page(made[1].id, 2) == made[2:]
        ended = made[0].revoke()
        await invites.save(ended)
        assert await invites.get(ended.id) == ended
        assert await invites.get(new_id()) is None
        assert await kept.invites(new_id()).get(ended.id) is None


class TestFake(JoiningContract):
    @pytest.fixture
    def kept(self) -> Directory:
        return FakeDirectory()


class TestMongo(JoiningContract):
    @pytest.fixture
    def kept(self, directory: MongoDirectory) -> Directory:
        return directory


async def test_every_hot_query_walks_an_index(
    database: Database, directory: MongoDirectory
) -> None:
    await directory.roster(NETWORK).add([ONE], NOW)
    await directory.accounts(NETWORK).add(an_applicant(), ())
    asked: list[tuple[str, dict[str, Any], list[tuple[str, int]]]] = [
        ("roster", {"open": True}, [("_id", 1)]),
        ("roster", {"taken_by": new_id()}, [("_id", 1)]),
        ("accounts", {"waiting": True, "_id": {"$gt": new_id()}}, [("_id", 1)]),
    ]
    for name, wanted, sort in asked:
        plan = str(await database.collection(name, NETWORK).plan(wanted, sort))
        assert "IXSCAN" in plan, name
        assert "COLLSCAN" not in plan, name


def test_what_is_stored_tells_nobody_without_the_key() -> None:
    ada = Eligible.of("K 12-34", "1990-02-28")
    ours, theirs = (EligibleHasher(KeyedDigest(key * 32)) for key in (b"a", b"b"))
    assert ours(NETWORK, ada) == ours(NETWORK, Eligible.of("k1234", "1990-02-28"))
    others = [
        theirs(NETWORK, ada), ours(new_id(), ada),
        ours(NETWORK, Eligible.of("K1235", "1990-02-28")),
        ours(NETWORK, Eligible.of("K1234", "1990-02-27")),
    ]  # fmt: skip
    assert ours(NETWORK, ada) not in others
    assert "K1234" not in repr(ada)
    assert "1990" not in repr(ada)
