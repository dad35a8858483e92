"""One contract for erasures and their records, held by the fake and by the database alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from common.errors import ConcurrentUpdate
from common.ids import new_id
from common.mongo import ASCENDING, Database
from erasure.receipts import Count, Receipt
from identity.adapters.mongo import MongoDirectory
from identity.adapters.mongo_erasures import MongoDue
from identity.application.ports import Directory
from identity.domain.erasure import Erasure, HoldReason, Record, request

from libs.erasure.tests.keys import KEY
from services.identity.tests.builders import NETWORK, NOW, a_member, an_invite
from services.identity.tests.fakes import FakeDirectory

GRACE = timedelta(days=7)


def an_erasure() -> Erasure:
    return request(new_id(), NETWORK, new_id(), NOW, GRACE)


def a_receipt(erasure: Erasure) -> Receipt:
    return Receipt(NETWORK, erasure.id, "messaging", {"messages": Count(0, 3)}, NOW).signed(KEY)


class ErasuresContract:
    """What every implementation of these ports does."""

    @pytest.fixture
    def kept(self) -> Directory:
        raise NotImplementedError

    async def test_it_is_found_by_member_and_by_its_own_id_in_its_network_alone(
        self, kept: Directory
    ) -> None:
        erasure = an_erasure()
        await kept.erasures(NETWORK).save(erasure)
        assert await kept.erasures(NETWORK).get(erasure.member_id) == erasure
        assert await kept.erasures(NETWORK).by_id(erasure.id) == erasure
        assert await kept.erasures(new_id()).get(erasure.member_id) is None

    async def test_every_state_comes_back_as_it_was_saved(self, kept: Directory) -> None:
        one = an_erasure()
        erasures = kept.erasures(NETWORK)
        held = one.hold(HoldReason.DISPUTE, NOW + GRACE, NOW, True)
        closing = (released := held.release()).close(NOW)
        started, event = (closed := closing.closed(NOW, GRACE)).start(NOW)
        complete = started.take(a_receipt(one), ["messaging"], NOW)
        await erasures.save(one)
        for state, told in (
            (held, None), (released, None), (closing, None), (closed, None), (started, event),
            (complete, None),
        ):  # fmt: skip
            await erasures.save(state, told)
            assert await erasures.get(one.member_id) == state

    async def test_whoever_is_late_is_refused(self, kept: Directory) -> None:
        erasure = an_erasure()
        erasures = kept.erasures(NETWORK)
        await erasures.save(erasure)
        with pytest.raises(ConcurrentUpdate):
            await erasures.save(replace(erasure, id=new_id()))
        await erasures.save(erasure.cancel())
        with pytest.raises(ConcurrentUpdate):
            await erasures.save(erasure.hold(HoldReason.DISPUTE, NOW, NOW))

    async def test_a_finished_one_is_gone_and_its_record_stays_as_first_written(
        self, kept: Directory
    ) -> None:
        erasure = an_erasure()
        record = Record(erasure.id, NETWORK, b"hash", NOW, NOW, NOW, (a_receipt(erasure),))
        for finished_at in (NOW, NOW + GRACE):
            await kept.records(NETWORK).add(replace(record, finished_at=finished_at))
        await kept.erasures(NETWORK).save(erasure)
        for _ in range(2):
            await kept.erasures(NETWORK).remove(erasure)
        assert await kept.erasures(NETWORK).get(erasure.member_id) is None
        assert await kept.records(NETWORK).by_member(b"hash") == record
        assert await kept.records(NETWORK).by_member(b"other") is None

    async def test_a_seat_forgets_whose_it_is_and_stays_used(self, kept: Directory) -> None:
        invite, code = an_invite(max_uses=3)
        ada, ben = new_id(), new_id()
        invites = kept.invites(NETWORK)
        await invites.add(invite.reserve(ada, NOW).reserve(ben, NOW))
        assert [await invites.forget(ada), await invites.forget(ada)] == [1, 0]
        found = await invites.by_code(code)
        assert found is not None
        assert (found.used, [seat.account_id for seat in found.seats]) == (1, [ben])
        await invites.save(replace(found, version=found.version + 1))

    async def test_an_account_is_removed_once_it_has_told_everything(self, kept: Directory) -> None:
        account, _ = a_member()
        accounts = kept.accounts(NETWORK)
        await accounts.add(account, ())
        assert await accounts.remove(account.id)
        assert await accounts.remove(account.id)
        assert await accounts.get(account.id) is None
        await accounts.add(a_member()[0], ())  # handle and address are free again


class TestInMemory(ErasuresContract):
    @pytest.fixture
    def kept(self) -> Directory:
        return FakeDirectory()


class TestInMongo(ErasuresContract):
    @pytest.fixture
    def kept(self, directory: MongoDirectory) -> Directory:
        return directory

    async def test_what_still_waits_to_be_told_keeps_the_account(
        self, directory: MongoDirectory
    ) -> None:
        account, events = a_member()
        await directory.accounts(NETWORK).add(account, events)
        assert not await directory.accounts(NETWORK).remove(account.id)
        assert await directory.accounts(NETWORK).get(account.id) == account

    async def test_what_is_due_is_found_through_an_index_and_what_is_not_is_not(
        self, directory: MongoDirectory, database: Database
    ) -> None:
        early, late, held = an_erasure(), an_erasure(), an_erasure()
        late = replace(late, due_at=NOW + 2 * GRACE)
        for one in (late, early, held):
            await directory.erasures(NETWORK).save(one)
        await directory.erasures(NETWORK).save(
            held.hold(HoldReason.LEGAL_ORDER, NOW + 9 * GRACE, NOW + 9 * GRACE)
        )
        due = MongoDue(database)
        assert await due.due(NOW, 9) == []
        assert await due.due(NOW + GRACE, 9) == [early]
        assert await due.due(NOW + 3 * GRACE, 9) == [early, late]
        found = database.unscoped("erasures").find({"due_at": {"$lte": NOW}})
        plan = await found.sort([("due_at", ASCENDING)]).explain()
        assert "IXSCAN" in str(plan)
