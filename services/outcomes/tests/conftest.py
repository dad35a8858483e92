"""Outcomes on a database of each test's own, and behind a door."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from common.mongo import Database
from outcomes.adapters.mongo import INDEXES, MongoNetworks

from services.outcomes.tests.doors import Door, opened


@pytest.fixture
async def networks(database: Database) -> MongoNetworks:
    """The real networks, empty."""
    await database.create_collections(INDEXES)
    return MongoNetworks(database, wake=lambda: None)


@pytest.fixture
async def door(networks: MongoNetworks) -> AsyncIterator[Door]:
    """Outcomes served over the real networks."""
    async with opened(networks) as door:
        yield door
