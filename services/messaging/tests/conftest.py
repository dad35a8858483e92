"""Messaging on a database of each test's own, behind a door, and among broker and identity."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from common.kafka_producer import Producer
from common.mongo import Database
from common.testing.pytest_plugin import CreateTopics
from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.mongo import INDEXES, Networks
from messaging.wiring import NAME
from pymongo import AsyncMongoClient

from services.messaging.tests.builders import ADA, BEN
from services.messaging.tests.doors import Client, Door, Issuer, identity, opened
from services.messaging.tests.keys import FakeKeys
from services.messaging.tests.surroundings import (
    ACCOUNTS,
    ACTIVITY,
    BLOCKED,
    CHANGES,
    DEAD_LETTERS,
    DELIVERIES,
    MESSAGES,
    RECEIPTS,
    REPORTED,
    TIE_LETTERS,
    TIES,
    Surroundings,
)


@pytest.fixture
def master_keys() -> FakeKeys:
    """Master keys in memory."""
    return FakeKeys()


@pytest.fixture
def keys(database: Database, master_keys: FakeKeys) -> ConversationKeys:
    """The keys of conversations."""
    return ConversationKeys(database, master_keys)


@pytest.fixture
async def networks(database: Database, keys: ConversationKeys) -> Networks:
    """The real networks, empty, with nobody who publishes."""
    await database.create_collections(INDEXES)
    return Networks(database, keys, offer=lambda documents: None)


@pytest.fixture
def issuer() -> Issuer:
    """Signs the tokens that are trusted."""
    return Issuer()


@pytest.fixture
async def door(networks: Networks, issuer: Issuer) -> AsyncIterator[Door]:
    """Messaging served over the real networks."""
    async with opened(networks, issuer) as door:
        yield door


@pytest.fixture
def client(door: Door) -> Client:
    """A client of the door."""
    return door.client


@pytest.fixture
async def ada(door: Door) -> str:
    """Ada's token."""
    return await door.join(ADA)


@pytest.fixture
async def ben(door: Door) -> str:
    """Ben's token."""
    return await door.join(BEN)


@pytest.fixture
async def surroundings(
    kafka: str, mongodb_uri: str, topic_prefix: str, unique: str, create_topics: CreateTopics,
    producer: Producer, issuer: Issuer,
) -> AsyncIterator[Surroundings]:  # fmt: skip
    """Broker, database and identity for a whole service."""
    await create_topics(
        ACCOUNTS, MESSAGES, ACTIVITY, DEAD_LETTERS, RECEIPTS, f"{RECEIPTS}.dlq", REPORTED, CHANGES,
        f"{DELIVERIES}.dlq", BLOCKED,
    )  # fmt: skip
    await create_topics(DELIVERIES, partitions=4)
    await create_topics(*TIES, TIE_LETTERS)
    async with identity(issuer) as address:
        yield Surroundings(kafka, mongodb_uri, topic_prefix, unique, address, producer)
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri) as client:
        await client.drop_database(f"{unique}_{NAME}")
