"""Identity on a database of each test's own, and behind a door."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from common.mongo import Database
from common.testing.pytest_plugin import CreateTopics
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from identity.adapters.mongo import INDEXES, MongoDirectory
from identity.config import OTHERS
from identity.entrypoints import ties
from identity.entrypoints.consumers import GROUP
from pymongo import AsyncMongoClient

from libs.common.tests import service_keys
from libs.erasure.tests.keys import key_file, keys_file
from services.identity.tests.builders import PASSWORD
from services.identity.tests.doors import Door, opened
from services.identity.tests.running import (
    ACCOUNTS,
    ACTIVITY,
    AUDITED,
    CONSENTS,
    ERASURE_TOPICS,
    Process,
    Surroundings,
)


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


@pytest.fixture
async def surroundings(
    kafka: str, mongodb_uri: str, topic_prefix: str, unique: str, create_topics: CreateTopics
) -> AsyncIterator[Surroundings]:
    await create_topics(ACCOUNTS, ACTIVITY, CONSENTS, *AUDITED, f"{GROUP}.dlq")
    await create_topics(*ERASURE_TOPICS, "identity.erasure.v1.dlq")
    await create_topics(*ties.TOPICS, f"{ties.GROUP}.dlq")
    yield Surroundings(kafka, mongodb_uri, topic_prefix, unique)
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri) as client:
        await client.drop_database(f"{unique}_identity")


@pytest.fixture
def process(
    surroundings: Surroundings, tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> Process:
    key = tmp_path / "key.pem"
    key.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
    )
    grpc, http = (f"127.0.0.1:{unused_tcp_port_factory()}" for _ in range(2))
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("KITH_")}  # noqa: TID251
    return Process(
        inherited | {
            "KITH_KAFKA": surroundings.kafka, "KITH_MONGODB_URI": surroundings.mongodb_uri,
            "KITH_DATABASE_PREFIX": surroundings.name, "KITH_TOPIC_PREFIX": surroundings.prefix,
            "KITH_GRPC_LISTEN": grpc, "KITH_HTTP_LISTEN": http, "KITH_IDENTITY": grpc,
            "KITH_SIGNING_KEY_FILE": str(key), "KITH_OPERATOR_PASSWORD": PASSWORD,
            **dict.fromkeys((f"KITH_{name.upper()}" for name in OTHERS), "127.0.0.1:9"),
            **service_keys.settings("identity"),
            "KITH_IDENTITY_KEY": "B" * 43 + "=", "KITH_ERASURE_KEY_FILE": key_file(),
            "KITH_ERASURE_KEYS_FILE": keys_file(),
            "KITH_PASSWORD_MEMORY_KIB": "8", "KITH_PASSWORD_PASSES": "1",
            "KITH_LOG_LEVEL": "debug",
        },
        tmp_path / "log",
    )  # fmt: skip
