"""Community on a database of each test's own, behind a door, and as a whole."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from common.mongo import Database, Document
from common.testing.pytest_plugin import CreateTopics
from community.adapters.mongo import INDEXES, MongoNetworks
from community.adapters.tie_events import CONNECTION_TOPIC, MEMBERSHIP_TOPIC
from community.wiring import NAME
from pymongo import AsyncMongoClient

from libs.common.tests import service_keys
from libs.erasure.tests.keys import key_file
from services.community.tests.doors import Client, Door, Issuer, opened
from services.community.tests.running import ACTIVITY_TOPIC, POST_TOPIC, identity_of


@pytest.fixture
async def networks(database: Database) -> MongoNetworks:
    """The real networks, empty."""
    await database.create_collections(INDEXES)
    return MongoNetworks(database, wake=lambda: None)


@pytest.fixture
async def door(networks: MongoNetworks) -> AsyncIterator[Door]:
    """Community served over the real networks."""
    async with opened(networks) as door:
        yield door


@pytest.fixture
def client(door: Door) -> Client:
    """A client of the door."""
    return door.client


@pytest.fixture
def admin(door: Door) -> str:
    """The token of an admin of the network."""
    return door.admin()


@pytest.fixture
def ada(door: Door) -> str:
    """The token of a member."""
    return door.member()


@pytest.fixture
def issuer() -> Issuer:
    """Signs the tokens that the service of `environment` knows."""
    return Issuer()


@pytest.fixture
async def environment(
    issuer: Issuer, kafka: str, mongodb_uri: str, unique: str, topic_prefix: str,
    create_topics: CreateTopics,
) -> AsyncIterator[dict[str, str]]:  # fmt: skip
    """The settings of a whole service with an identity, topics and a database of its own."""
    await create_topics(
        "community.change.v1", "community.case.v1", "community.access.v1",
        POST_TOPIC, ACTIVITY_TOPIC, MEMBERSHIP_TOPIC, CONNECTION_TOPIC, "identity.account.v1",
        "community.erasure.v1", "community.erasure.v1.dlq", "community.members.v1.dlq",
        "messaging.block.v1", "community.blocks.v1.dlq",
    )  # fmt: skip
    async with identity_of(issuer) as identity:
        yield {
            "KITH_KAFKA": kafka, "KITH_MONGODB_URI": mongodb_uri,
            "KITH_DATABASE_PREFIX": f"kith_{unique}", "KITH_TOPIC_PREFIX": topic_prefix,
            "KITH_GRPC_LISTEN": "127.0.0.1:0", "KITH_HTTP_LISTEN": "127.0.0.1:0",
            **service_keys.settings("community"),
            "KITH_IDENTITY": str(identity), "KITH_ERASURE_KEY_FILE": key_file(),
            "KITH_LOG_LEVEL": "warning",
        }  # fmt: skip
    async with AsyncMongoClient[Document](mongodb_uri) as client:
        await client.drop_database(f"kith_{unique}_{NAME}")
