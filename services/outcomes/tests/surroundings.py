"""The real broker and database around one running service."""

from __future__ import annotations

import asyncio
import os
import sys
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer
from common import grpc_client
from common.config import Address, Secret, ServiceConfig
from common.testing.poll import until
from outcomes.config import Config
from outcomes.wiring import App, build

from libs.common.tests import service_keys
from libs.common.tests.lives import Life
from libs.erasure.tests.keys import KEY, key_file
from services.outcomes.tests.doors import ANY_PORT, Client

RESPONSES, ACTIVITY = "outcomes.response.v1", "activity.member.v1"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Broker, database, identity and the names of one test."""

    kafka: str
    mongodb_uri: str
    prefix: str
    name: str
    identity: Address

    async def records(self, topic: str, count: int) -> list[Any]:
        """The events of a topic, each as it first came, once there are `count` different ones."""
        consumer = AIOKafkaConsumer(
            self.prefix + topic, bootstrap_servers=self.kafka, auto_offset_reset="earliest"
        )
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

    @asynccontextmanager
    async def running(self) -> AsyncIterator[tuple[App, Client]]:
        """The service as `run` builds it, ready, and a client of it."""
        service = ServiceConfig(
            kafka=self.kafka, mongodb_uri=Secret(self.mongodb_uri), database_prefix=self.name,
            topic_prefix=self.prefix, grpc_listen=ANY_PORT, http_listen=ANY_PORT,
            service_key=service_keys.KEYS["outcomes"], service_keys=service_keys.trust(),
            identity=self.identity, log_level="info", traces="off",
        )  # fmt: skip
        life = Life()
        async with (
            build(Config(service, KEY), life) as app,
            grpc_client.connect(app.grpc) as channel,
        ):
            await life.health.begin()
            await until(lambda: is_ready(app.http))
            yield app, Client(channel)
        assert life.has_told_all()


class Process:
    """`python -m outcomes run`, as an operator starts it."""

    def __init__(self, around: Surroundings, grpc: Address, http: Address) -> None:
        self.grpc, self.http = grpc, http
        environment = os.environ  # noqa: TID251  # tests have no config.py
        inherited = {k: v for k, v in environment.items() if not k.startswith("KITH_")}
        self._environment = inherited | {
            "KITH_KAFKA": around.kafka, "KITH_MONGODB_URI": around.mongodb_uri,
            "KITH_DATABASE_PREFIX": around.name, "KITH_TOPIC_PREFIX": around.prefix,
            "KITH_GRPC_LISTEN": str(grpc), "KITH_HTTP_LISTEN": str(http),
            **service_keys.settings("outcomes"),
            "KITH_IDENTITY": str(around.identity), "KITH_ERASURE_KEY_FILE": key_file(),
        }  # fmt: skip

    async def start(self) -> asyncio.subprocess.Process:
        """Start it and wait until it is ready."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "outcomes", "run", env=self._environment,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

        async def ready() -> bool:
            assert process.returncode is None, "it did not start"
            return await is_ready(self.http)

        await until(ready, every=0.05)
        return process


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
