"""The real broker and database around one running service."""

from __future__ import annotations

import asyncio
import os
import sys
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer
from common import grpc_client
from common.clock import epoch_millis
from common.config import Address, Secret, ServiceConfig
from common.ids import new_id
from common.kafka_producer import Producer, headers
from common.testing.poll import until
from google.protobuf.timestamp_pb2 import Timestamp
from kith.identity.events.v1 import identity_events_pb2 as identity_events
from messaging.config import Config
from messaging.wiring import App, build

from libs.common.tests import service_keys
from libs.common.tests.lives import Life
from libs.erasure.tests.keys import KEY, key_file
from services.messaging.tests.builders import NETWORK, NOW
from services.messaging.tests.doors import ANY_PORT, Client
from services.messaging.tests.keys import key_folder

ACCOUNTS, MESSAGES, ACTIVITY = (
    "identity.account.v1", "messaging.message.v1", "activity.member.v1"
)  # fmt: skip
DELIVERIES = "messaging.delivery.v1"
REPORTED = "messaging.report.v1"
BLOCKED = "messaging.block.v1"
RECEIPTS = "messaging.erasure.v1"
TIES, TIE_LETTERS = ("community.membership.v1", "community.connection.v1"), "messaging.ties.v1.dlq"
CHANGES = "messaging.change.v1"
DEAD_LETTERS = "messaging.members.v1.dlq"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Broker, database, identity and the names of one test."""

    kafka: str
    mongodb_uri: str
    prefix: str
    name: str
    identity: Address
    producer: Producer

    async def tell(self, *member_ids: UUID | str, network_id: UUID = NETWORK) -> None:
        """Publish that these joined, as identity does."""
        at = Timestamp(seconds=epoch_millis(NOW) // 1000)
        for member_id in member_ids:
            event = identity_events.AccountCreated(
                network_id=str(network_id), member_id=str(member_id), create_time=at
            )
            made = headers(
                id=new_id(), type=event.DESCRIPTOR.full_name, source="/identity", sequence=1,
                traceparent=None,
            )  # fmt: skip
            sent = await self.producer.send(
                ACCOUNTS, key=str(member_id), value=event.SerializeToString(), headers=made
            )
            await sent

    async def records(self, topic: str, count: int) -> list[Any]:
        """The events of a topic, each as it first came, once there are `count` different ones."""
        return await records_of(self.kafka, self.prefix + topic, count)

    @asynccontextmanager
    async def running(self, keys: Path | None = None) -> AsyncIterator[tuple[App, Client]]:
        """The service as `run` builds it, ready, and a client of it; `keys` are master keys."""
        service = ServiceConfig(
            kafka=self.kafka, mongodb_uri=Secret(self.mongodb_uri), database_prefix=self.name,
            topic_prefix=self.prefix, grpc_listen=ANY_PORT, http_listen=ANY_PORT,
            service_key=service_keys.KEYS["messaging"], service_keys=service_keys.trust(),
            identity=self.identity, log_level="info", traces="off",
        )  # fmt: skip
        life = Life()
        async with (
            build(Config(service, KEY, keys or key_folder()), life) as app,
            grpc_client.connect(app.grpc) as channel,
        ):
            await life.health.begin()
            await until(lambda: is_ready(app.http))
            yield app, Client(channel)
        assert life.has_told_all()


class Process:
    """`python -m messaging run`, as an operator starts it."""

    def __init__(self, around: Surroundings, grpc: Address, http: Address) -> None:
        self.grpc, self.http = grpc, http
        environment = os.environ  # noqa: TID251  # tests have no config.py
        inherited = {k: v for k, v in environment.items() if not k.startswith("KITH_")}
        self._environment = inherited | {
            "KITH_KAFKA": around.kafka, "KITH_MONGODB_URI": around.mongodb_uri,
            "KITH_DATABASE_PREFIX": around.name, "KITH_TOPIC_PREFIX": around.prefix,
            "KITH_GRPC_LISTEN": str(grpc), "KITH_HTTP_LISTEN": str(http),
            **service_keys.settings("messaging"),
            "KITH_IDENTITY": str(around.identity), "KITH_ERASURE_KEY_FILE": key_file(),
            "KITH_MESSAGE_KEYS": str(key_folder()),
        }  # fmt: skip

    async def start(self) -> asyncio.subprocess.Process:
        """Start it and wait until it is ready."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "messaging", "run", env=self._environment,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

        async def ready() -> bool:
            assert process.returncode is None, "it did not start"
            return await is_ready(self.http)

        await until(ready, every=0.05)
        return process


async def records_of(bootstrap: str, topic: str, count: int) -> list[Any]:
    """The events of a topic, each as it first came, once there are `count` different ones."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    found: dict[str, Any] = {}

    async def enough() -> bool:
        for records in (await consumer.getmany(timeout_ms=100)).values():
            for record in records:
                found.setdefault(header(record, "ce_id"), record)
        return len(found) >= count

    await consumer.start()
    try:
        await until(enough)
    finally:
        await consumer.stop()
    return list(found.values())


def header(record: Any, name: str) -> str:
    """One header of a record, as text."""
    return str(dict(record.headers)[name].decode())


@asynccontextmanager
async def client_of(process: Process) -> AsyncIterator[Client]:
    """A client of a process, connected: a channel shares its backoff with those before it."""
    async with grpc_client.connect(process.grpc) as channel:
        await channel.channel_ready()
        yield Client(channel)


async def is_ready(address: Address) -> bool:
    """Whether the service says that it is ready."""
    return (await http(address, "/readyz"))[0] == 200


async def http(address: Address, path: str) -> tuple[int, str]:
    """Status and body; 0 when nobody answers, or not well."""

    def get() -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://{address}{path}", timeout=5) as reply:  # http
                return reply.status, reply.read().decode()
        except OSError:
            return 0, ""

    return await asyncio.to_thread(get)
