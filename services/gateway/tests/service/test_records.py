"""What every store of idempotency keys does, in memory and in the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from common.errors import Unavailable
from common.mongo import Database, connect
from common.testing.clock import FUTURE
from gateway.adapters.mongo import ANSWERS, MongoRecords, prepare
from gateway.application.idempotency import NO_NETWORK, Record, Records

from services.gateway.tests.fakes import FakeRecords
from services.gateway.tests.tokens import NETWORK

AT = FUTURE


def record(id: bytes = b"1" * 32) -> Record:
    return Record(
        id=id, network_id=NETWORK, fingerprint=b"f" * 32, claim=uuid4(), busy_until=AT,
        expire_at=AT + timedelta(hours=1),
    )  # fmt: skip


class Contract:
    """Of application.idempotency.Records."""

    async def test_the_first_is_kept_and_the_second_is_shown_it(self, records: Records) -> None:
        first, second = record(), record()
        assert await records.add(first) is None
        assert await records.add(second) == first

    async def test_who_holds_the_claim_may_change_it(self, records: Records) -> None:
        first = record()
        await records.add(first)
        answered = replace(first, sealed=b"sealed")
        assert await records.swap(first, answered)
        assert await records.add(record()) == answered

    async def test_a_claim_is_taken_over_once(self, records: Records) -> None:
        first = record()
        await records.add(first)
        second, third = (replace(first, claim=uuid4()) for _ in range(2))
        assert await records.swap(first, second)
        assert not await records.swap(first, third)
        assert await records.add(record()) == second

    async def test_what_was_taken_over_is_not_removed(self, records: Records) -> None:
        first = record()
        await records.add(first)
        second = replace(first, claim=uuid4())
        await records.swap(first, second)
        await records.remove(first)
        assert await records.add(record()) == second
        await records.remove(second)
        assert await records.add(third := record()) is None
        assert not await records.swap(first, third)

    async def test_keys_do_not_meet(self, records: Records) -> None:
        await records.add(record(b"1" * 32))
        assert await records.add(record(b"2" * 32)) is None

    async def test_without_a_network_is_a_place_too(self, records: Records) -> None:
        first = replace(record(), network_id=NO_NETWORK)
        assert await records.add(first) is None
        assert await records.add(replace(first, claim=uuid4())) == first


class TestInMemory(Contract):
    @pytest.fixture
    def records(self) -> Records:
        return FakeRecords()

    async def test_away(self) -> None:
        records = FakeRecords()
        records.away = True
        with pytest.raises(Unavailable):
            await records.add(record())


class TestInTheDatabase(Contract):
    @pytest.fixture
    async def records(self, database: Database) -> Records:
        await prepare(database)
        return MongoRecords(database)

    async def test_what_has_expired_is_for_the_server_to_remove(self, database: Database) -> None:
        await prepare(database)
        indexes = await database.unscoped(ANSWERS).index_information()
        [expiry] = [index for index in indexes.values() if "expireAfterSeconds" in index]
        assert expiry["key"] == [("expire_at", 1)]
        assert expiry["expireAfterSeconds"] == 0

    async def test_away(self) -> None:
        nowhere = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100"
        async with connect(nowhere, "none") as database:
            with pytest.raises(Unavailable):
                await MongoRecords(database).add(record())
