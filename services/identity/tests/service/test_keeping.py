"""What ends by its age is not swept while its member is under a legal hold: what the database goes
by is put off to the end of the hold, and back when it is lifted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from common.clock import SystemClock
from common.ids import new_id
from common.mongo import Database, Document
from common.testing.clock import FakeClock
from common.testing.poll import until
from export.kinds import Whose
from identity.adapters.exporting import KINDS
from identity.adapters.keeping import MARGIN, PUT_OFF, Keeping
from identity.adapters.mongo import MongoDirectory
from identity.adapters.retention import RULES
from identity.domain.admission import Admission, DeclineReason
from identity.domain.deed import Deed, Done
from identity.domain.device import Device, RefreshToken
from identity.domain.erasure import HoldReason
from identity.domain.hold import Hold

from services.identity.tests.builders import NETWORK, NOW, a_device, a_member

DAY = timedelta(days=1)
ADA, BEA = a_member("ada")[0], a_member("bea")[0]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def keeping(database: Database, clock: FakeClock, directory: MongoDirectory) -> Keeping:
    return Keeping(database, RULES, clock)


class Held:
    """Places and lifts holds of one member, and says when her documents go."""

    def __init__(self, directory: MongoDirectory, database: Database, clock: FakeClock) -> None:
        self.directory = directory
        self._database = database
        self._clock = clock

    async def place(self, days: float, reference: str = "17", id: UUID = ADA.id) -> datetime:
        """Until when it holds."""
        now = self._clock.now()
        ends = now + timedelta(days=days)
        hold = Hold(reference, HoldReason.LEGAL_ORDER, ends, new_id(), now, sealed=True)
        holds = self.directory.holds(NETWORK)
        done = Done(Deed.HOLD_PLACED, new_id(), now, id)
        await holds.save((await holds.get(id)).place(hold), done)
        return ends

    async def lift(self, reference: str = "17", id: UUID = ADA.id) -> None:
        holds = self.directory.holds(NETWORK)
        done = Done(Deed.HOLD_LIFTED, new_id(), self._clock.now(), id)
        await holds.save((await holds.get(id)).lift(reference, from_platform=False), done)

    async def document(self, collection: str, id: UUID) -> Document:
        found = await self._database.collection(collection, NETWORK).find_one({"_id": id})
        assert found is not None
        return found

    async def ends(self, device: Device) -> datetime:
        """When the database removes it."""
        at: datetime = (await self.document("devices", device.id))["expires_at"]
        return at

    async def signed_in(self, of: Any = ADA) -> tuple[Device, RefreshToken]:
        device, token = a_device(of)
        await self.directory.devices(NETWORK).add(device)
        return device, token


@pytest.fixture
def held(directory: MongoDirectory, database: Database, clock: FakeClock) -> Held:
    return Held(directory, database, clock)


async def test_sessions_of_who_is_held_stay_to_its_end_and_of_nobody_else(
    held: Held, keeping: Keeping
) -> None:
    (hers, _), (others, _) = await held.signed_in(), await held.signed_in(BEA)
    end = await held.place(300)
    await keeping.look()
    assert await held.ends(hers) == end + MARGIN
    assert await held.ends(others) == others.expires_at
    (later, _) = await held.signed_in()  # written when the hold had been heard of already
    await keeping.look()
    assert await held.ends(later) == end + MARGIN


async def test_what_lives_longer_than_the_hold_is_left_alone(held: Held, keeping: Keeping) -> None:
    device, _ = await held.signed_in()
    await held.place(1)
    await keeping.look()
    assert await held.ends(device) == device.expires_at
    assert PUT_OFF not in await held.document("devices", device.id)


async def test_a_session_in_use_goes_on_and_its_new_end_is_put_off_too(
    held: Held, keeping: Keeping, clock: FakeClock
) -> None:
    device, token = await held.signed_in()
    end = await held.place(300)
    await keeping.look()
    used, _ = device.exchange(token, "q", b"s" * 32, NOW + DAY)
    await held.directory.devices(NETWORK).save(used)
    await keeping.look()
    assert await held.ends(used) == end + MARGIN
    assert await held.directory.devices(NETWORK).get(device.id) == used
    await held.lift()
    await keeping.look()
    assert await held.ends(used) == used.expires_at > device.expires_at
    assert PUT_OFF not in await held.document("devices", device.id)


async def test_renewed_it_stays_longer_lifted_it_goes_when_it_would_have(
    held: Held, keeping: Keeping
) -> None:
    device, _ = await held.signed_in()
    await held.place(200)
    await keeping.look()
    longest = await held.place(300, "18")
    await keeping.look()
    assert await held.ends(device) == longest + MARGIN
    await held.lift("18")
    shorter = await held.place(100)
    await keeping.look()
    assert await held.ends(device) == shorter + MARGIN
    await held.lift()
    await keeping.look()
    assert await held.ends(device) == device.expires_at


async def test_a_hold_that_ended_by_itself_holds_nothing(
    held: Held, keeping: Keeping, clock: FakeClock
) -> None:
    device, _ = await held.signed_in()
    end = await held.place(100)
    await keeping.look()
    clock.advance(101 * DAY)
    assert await held.ends(device) == end + MARGIN < clock.now()  # nobody has to be running
    await keeping.look()
    assert await held.ends(device) == device.expires_at


async def test_an_application_stays_and_who_was_let_in_meanwhile_stays_for_good(
    held: Held, keeping: Keeping
) -> None:
    accounts = held.directory.accounts(NETWORK)
    waits, events = a_member("cleo")
    waits = replace(waits, admission=Admission("hello", remove_at=NOW + 30 * DAY))
    await accounts.add(waits, events)
    end = await held.place(300, id=waits.id)
    await keeping.look()
    assert (await held.document("accounts", waits.id))["remove_at"] == end + MARGIN
    known = await accounts.get(waits.id)
    assert known is not None
    assert known.admission is not None
    declined = known.admission.decline(DeclineReason.FULL, NOW)
    await accounts.save(replace(known, admission=declined, version=known.version + 1), ())
    await keeping.look()
    assert (await held.document("accounts", waits.id))["remove_at"] == end + MARGIN
    known = await accounts.get(waits.id)
    assert known is not None
    await accounts.save(replace(known, admission=None, version=known.version + 1), ())
    await held.lift(id=waits.id)
    await keeping.look()
    document = await held.document("accounts", waits.id)
    assert "remove_at" not in document
    assert PUT_OFF not in document


async def test_her_export_does_not_say_that_a_sealed_hold_keeps_it(
    held: Held, keeping: Keeping, database: Database
) -> None:
    await held.signed_in()
    [kind] = [one for one in KINDS if one.name == "devices"]

    async def told() -> Sequence[object]:
        records, _ = await kind.page(database, Whose(NETWORK, ADA.id), "")
        return records

    before = await told()
    await held.place(300)
    await keeping.look()
    assert await told() == before
    assert len(before) == 1
    ended, _ = a_device(ADA, at=SystemClock().now() - 61 * DAY)
    await held.directory.devices(NETWORK).add(ended)
    await keeping.look()
    assert await held.ends(ended) > NOW  # it is kept
    assert await told() == before


async def test_no_round_undoes_what_a_placing_kept_however_they_interleave(
    held: Held, database: Database, clock: FakeClock
) -> None:
    device, _ = await held.signed_in()
    keepers = [Keeping(database, RULES, clock) for _ in range(3)]
    ending = asyncio.Event()

    async def look_on(keeper: Keeping) -> None:
        while not ending.is_set():
            await keeper.look()

    async with asyncio.TaskGroup() as group:
        for keeper in keepers:
            group.create_task(look_on(keeper))
        mine = Keeping(database, RULES, clock)
        for number in range(40):
            end = await held.place(200 + number % 3)
            await mine.look()
            for _ in range(3):
                assert await held.ends(device) == end + MARGIN
            await held.lift()
            if number % 2:
                await mine.look()
                assert await held.ends(device) == device.expires_at
        ending.set()


async def test_it_looks_at_once_when_it_is_woken_until_it_is_cancelled(
    held: Held, database: Database, clock: FakeClock
) -> None:
    keeping = Keeping(database, RULES, clock)
    held.directory = MongoDirectory(database, lambda: None, keeping.wake)
    device, _ = await held.signed_in()
    running = asyncio.create_task(keeping.run())
    end = await held.place(300)

    async def kept() -> bool:
        return await held.ends(device) == end + MARGIN

    await until(kept)
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()
