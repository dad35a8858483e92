"""Passkeys as they are kept: listed, renamed, removed; and which challenges were answered."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from common.ids import new_id
from common.mongo import Database
from identity.adapters.mongo import INDEXES
from identity.adapters.mongo_answered import MongoAnswered
from identity.application.ports_passkeys import Answered
from identity.domain.passkey import MAX_PASSKEYS

from services.identity.tests.authenticator import Device
from services.identity.tests.builders import NOW
from services.identity.tests.doors import Door
from services.identity.tests.fakes_passkeys import FakeAnswered
from services.identity.tests.passkeys import Member, ask, enter, reason


class Contract:
    """What every implementation of ports_passkeys.Answered does."""

    @pytest.fixture
    async def answered(self) -> Answered:
        raise NotImplementedError

    async def test_a_challenge_is_answered_once(self, answered: Answered) -> None:
        until = NOW + timedelta(days=36_500)
        assert await answered.take(b"one", until)
        assert await answered.take(b"two", until)
        takes = await asyncio.gather(*(answered.take(b"three", until) for _ in range(8)))
        assert sum(takes) == 1
        assert not await answered.take(b"one", until)


class TestFake(Contract):
    @pytest.fixture
    async def answered(self) -> Answered:
        return FakeAnswered()


class TestMongo(Contract):
    @pytest.fixture
    async def answered(self, database: Database) -> Answered:
        await database.create_collections(INDEXES)
        return MongoAnswered(database)


@pytest.fixture
async def ada(door: Door) -> Member:
    return Member(door.client, await door.client.member(await door.client.admin()))


@pytest.fixture
async def phone(ada: Member) -> Device:
    """Ada's, with a passkey of hers on it."""
    device = Device()
    await ada.keep(device.create(await ada.begin()))
    return device


async def test_a_stolen_token_is_not_enough_to_add_one(ada: Member) -> None:
    reasons = [await reason(ada.begin("not the password")) for _ in range(8)]
    assert reasons == ["PROOF_INVALID"] * 6 + ["LIMITED"] * 2


async def test_they_are_listed_renamed_and_removed(door: Door, ada: Member, phone: Device) -> None:
    (kept,) = await ada.all()
    assert not kept.HasField("use_time")
    assert (await ada.rename(kept.id, " Old phone ")).label == "Old phone"
    assert [one.label for one in await ada.all()] == ["Old phone"]
    assert await reason(ada.rename(str(new_id()), "x")) == "PASSKEY_NOT_FOUND"
    assert await reason(ada.rename(kept.id, "x" * 101)) == "INVALID_ARGUMENT"
    for _ in range(2):
        await ada.remove(kept.id)
    assert await ada.all() == []
    answer = phone.sign_in(await ask(door.client))
    assert await reason(enter(door.client, answer)) == "CREDENTIALS_INVALID"


async def test_the_same_again_and_too_many_are_refused(ada: Member, phone: Device) -> None:
    assert await reason(ada.keep(phone.create(await ada.begin()))) == "PASSKEY_INVALID"
    for _ in range(MAX_PASSKEYS - 1):
        await ada.keep(Device().create(await ada.begin()))
    assert await reason(ada.keep(Device().create(await ada.begin()))) == "PASSKEY_INVALID"
    assert len(await ada.all()) == MAX_PASSKEYS


async def test_nobody_else_sees_or_changes_hers(door: Door, ada: Member, phone: Device) -> None:
    (kept,) = await ada.all()
    ben = Member(door.client, await door.client.member(await door.client.admin("other"),
                                                       "ben", "other"))  # fmt: skip
    assert await ben.all() == []
    assert await reason(ben.rename(kept.id, "mine")) == "PASSKEY_NOT_FOUND"
    await ben.remove(kept.id)
    assert len(await ada.all()) == 1
