"""Identity on a database of each test's own, and behind a door."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from common.mongo import Database
from identity.adapters.mongo import INDEXES, MongoDirectory

from services.identity.tests.doors import Door, opened


@pytest.fixture
async def directory(database: Database) -> MongoDirectory:
    """The real directory, empty."""
    await database.create_collections(INDEXES)
    return MongoDirectory(database, wake=lambda: None)


@pytest.fixture
async def door(directory: MongoDirectory) -> AsyncIterator[Door]:
    """Identity served over the real directory."""
    async with opened(directory) as door:
        yield door
