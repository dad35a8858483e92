"""One contract for legal holds, held by the fake and by the database alike."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from common.errors import ConcurrentUpdate
from common.ids import new_id
from common.mongo import Database
from identity.adapters.mongo import MongoDirectory
from identity.application.ports import Directory
from identity.domain.deed import Deed, Done
from identity.domain.erasure import HoldReason
from identity.domain.hold import Hold, Holds

from services.identity.tests.builders import NETWORK, NOW
from services.identity.tests.fakes import FakeDirectory

BY = new_id()


def a_hold(reference: str = "2026-17", days: int = 30) -> Hold:
    ends = NOW + timedelta(days=days)
    return Hold(reference, HoldReason.LEGAL_ORDER, ends, BY, NOW, sealed=True, from_platform=True)


def done(member_id: UUID) -> Done:
    return Done(Deed.HOLD_PLACED, BY, NOW, member_id)


class HoldsContract:
    """What every implementation of the port does."""

    @pytest.fixture
    def kept(self) -> Directory:
        raise NotImplementedError

    async def test_who_was_never_held_has_none(self, kept: Directory) -> None:
        id = new_id()
        assert await kept.holds(NETWORK).get(id) == Holds(id, NETWORK)

    async def test_they_come_back_as_they_were_saved_in_their_network_alone(
        self, kept: Directory
    ) -> None:
        id, holds = new_id(), kept.holds(NETWORK)
        first = Holds(id, NETWORK).place(a_hold())
        second = first.place(a_hold("other", 10))
        third = second.lift("2026-17", from_platform=True)
        for state in (first, second, third, third.lift("other", from_platform=True)):
            await holds.save(state, done(id))
            assert await holds.get(id) == state
        assert (await kept.holds(new_id()).get(id)).all == ()

    async def test_whoever_is_late_is_refused(self, kept: Directory) -> None:
        id, holds = new_id(), kept.holds(NETWORK)
        placed = Holds(id, NETWORK).place(a_hold())
        await holds.save(placed, done(id))
        with pytest.raises(ConcurrentUpdate):
            await holds.save(placed, done(id))
        await holds.save(placed.place(a_hold("other")), done(id))
        with pytest.raises(ConcurrentUpdate):
            await holds.save(placed.place(a_hold("third")), done(id))

    async def test_a_page_names_who_is_held_and_nobody_whose_holds_were_lifted(
        self, kept: Directory
    ) -> None:
        ids, holds = sorted(new_id() for _ in range(4)), kept.holds(NETWORK)
        for id in ids:
            await holds.save(Holds(id, NETWORK).place(a_hold()), done(id))
        lifted = (await holds.get(ids[1])).lift("2026-17", from_platform=True)
        await holds.save(lifted, done(ids[1]))
        first = await holds.page(None, 2)
        assert [one.member_id for one in first] == [ids[0], ids[2]]
        assert [one.member_id for one in await holds.page(ids[2], 2)] == [ids[3]]


class TestInMemory(HoldsContract):
    @pytest.fixture
    def kept(self) -> Directory:
        return FakeDirectory()


class TestInMongo(HoldsContract):
    @pytest.fixture
    def kept(self, directory: MongoDirectory) -> Directory:
        return directory

    async def test_they_go_once_everything_of_them_was_told(
        self, directory: MongoDirectory, database: Database
    ) -> None:
        id, holds = new_id(), directory.holds(NETWORK)
        assert await holds.forget(id)
        await holds.save(Holds(id, NETWORK).place(a_hold()), done(id))
        assert not await holds.forget(id)
        told = {"$unset": {"outbox": "", "outbox_at": "", "outbox_last": ""}}
        await database.unscoped("holds").update_one({"_id": id}, told)
        assert await holds.forget(id)
        assert (await holds.get(id)).version == 0
