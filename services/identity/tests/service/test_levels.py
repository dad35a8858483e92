"""One contract for counted failures, held by the fake and by the database alike."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from common.errors import ConcurrentUpdate, Limited
from common.mongo import Database
from common.testing.clock import FakeClock
from identity.adapters.master_key import KeyedDigest
from identity.adapters.mongo import MongoDirectory
from identity.adapters.mongo_levels import MongoLevels
from identity.application.ports import Levels
from identity.application.throttle import Throttle
from identity.domain.errors import CredentialsInvalid
from identity.domain.throttle import ACCOUNT, Level

from services.identity.tests.builders import NOW
from services.identity.tests.fakes import FakeLevels

KEY, LATER = b"k" * 32, NOW + timedelta(hours=1)


class LevelsContract:
    """What every implementation of ports.Levels does."""

    @pytest.fixture
    def levels(self) -> Levels:
        raise NotImplementedError

    async def test_a_level_comes_back_as_it_was_put(self, levels: Levels) -> None:
        assert await levels.get(KEY) is None
        one = Level.none(NOW).attempt(ACCOUNT, NOW)
        await levels.put(KEY, one, LATER)
        assert await levels.get(KEY) == one
        two = one.attempt(ACCOUNT, NOW)
        await levels.put(KEY, two, LATER)
        assert await levels.get(KEY) == two
        assert await levels.get(b"x" * 32) is None

    async def test_a_level_changes_one_version_at_a_time(self, levels: Levels) -> None:
        one = Level.none(NOW).attempt(ACCOUNT, NOW)
        await levels.put(KEY, one, LATER)
        for stale in (one, Level(3.0, NOW, NOW, version=3)):
            with pytest.raises(ConcurrentUpdate):
                await levels.put(KEY, stale, LATER)

    async def test_of_many_at_once_on_two_instances_only_the_free_ones_are_tried(
        self, levels: Levels
    ) -> None:
        clock, digest = FakeClock(NOW), KeyedDigest(bytes(32))
        instances = [Throttle(levels, digest, clock) for _ in range(2)]

        async def wrong() -> None:
            raise CredentialsInvalid("no")

        async def guess(number: int) -> str:
            throttle = instances[number % 2]
            try:
                await throttle.attempt(throttle.of_sign_in("x", "a@b.example", ""), wrong)
            except (CredentialsInvalid, Limited) as error:
                return error.reason
            return "in"

        outcomes = Counter(await asyncio.gather(*map(guess, range(24))))
        assert outcomes == {"CREDENTIALS_INVALID": 6, "LIMITED": 18}


class TestFake(LevelsContract):
    @pytest.fixture
    def levels(self) -> Levels:
        return FakeLevels()


class TestMongo(LevelsContract):
    @pytest.fixture
    def levels(self, directory: MongoDirectory, database: Database) -> Levels:
        return MongoLevels(database)

    async def test_what_is_old_goes_by_itself(self, levels: Levels, database: Database) -> None:
        await levels.put(KEY, Level.none(NOW).attempt(ACCOUNT, NOW), LATER)
        document = await database.unscoped("attempts").find_one({})
        assert document
        assert document["expires_at"] == LATER
        indexes = await database.unscoped("attempts").index_information()
        assert indexes["expired"]["expireAfterSeconds"] == 0
