"""The whole service as a process on a real broker and database, and what ought to come of a log."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import grpc
from aiokafka import AIOKafkaConsumer
from common import grpc_client
from common.config import Address
from common.testing.poll import until
from kith.identity.v1 import identity_service_pb2 as identity_api
from kith.identity.v1 import identity_service_pb2_grpc as identity_grpc
from kith.signals.v1 import signals_service_pb2_grpc as grpc_api

from libs.common.tests import service_keys
from libs.erasure.tests.keys import key_file
from services.signals.tests.builders import (
    ACTIVITY,
    SET_ASIDE,
    SIGNAL,
)
from services.signals.tests.doors import Stub
from services.signals.tests.tokens import Issuer

PARTITIONED = (ACTIVITY, SIGNAL)
LETTERS = (SET_ASIDE, "signals.readmodel.v1.dlq")


@dataclass(frozen=True)
class World:
    """Broker, database and names of one test."""

    kafka: str
    mongodb_uri: str
    prefix: str
    name: str
    identity: Address
    issuer: Issuer
    log: Path

    async def records(self, topic: str) -> list[Any]:
        """All that is in a topic now, each partition in its order."""
        found: list[Any] = []
        async with self._reading(topic) as (consumer, ends):

            async def all_read() -> bool:
                for records in (await consumer.getmany(timeout_ms=50)).values():
                    found.extend(records)
                return len(found) >= sum(ends.values())

            await until(all_read)
        return found

    async def count(self, topic: str) -> int:
        """How many records a topic holds now."""
        async with self._reading(topic) as (_, ends):
            return sum(ends.values())

    async def committed(self) -> bool:
        """Whether the group of the stream has committed all there is."""
        group = AIOKafkaConsumer(
            bootstrap_servers=self.kafka, group_id=f"{self.prefix}signals.state.v1",
            enable_auto_commit=False,
        )  # fmt: skip
        async with self._reading(ACTIVITY) as (_, ends):
            await group.start()
            try:
                return all([(await group.committed(where) or 0) == ends[where] for where in ends])
            finally:
                await group.stop()

    @asynccontextmanager
    async def _reading(self, topic: str) -> AsyncIterator[tuple[AIOKafkaConsumer, dict[Any, int]]]:
        consumer = AIOKafkaConsumer(
            self.prefix + topic, bootstrap_servers=self.kafka, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            yield consumer, await consumer.end_offsets(list(consumer.assignment()))
        finally:
            await consumer.stop()


class Process:
    """`python -m signals run`, as a supervisor starts it."""

    def __init__(self, world: World, port: Callable[[], int]) -> None:
        self._world = world
        self.grpc, self.http = (Address("127.0.0.1", port()) for _ in range(2))
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("KITH_")}  # noqa: TID251
        self._environment = inherited | {
            "KITH_KAFKA": world.kafka, "KITH_MONGODB_URI": world.mongodb_uri,
            "KITH_DATABASE_PREFIX": world.name, "KITH_TOPIC_PREFIX": world.prefix,
            "KITH_GRPC_LISTEN": str(self.grpc), "KITH_HTTP_LISTEN": str(self.http),
            **service_keys.settings("signals"),
            "KITH_IDENTITY": str(world.identity), "KITH_ERASURE_KEY_FILE": key_file(),
        }  # fmt: skip
        self._child: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, its log appended to the world's."""
        with self._world.log.open("ab") as log:
            self._child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "signals", "run", env=self._environment, stderr=log
            )

    @property
    def started(self) -> bool:
        """Whether it ever was."""
        return self._child is not None

    async def is_ready(self) -> bool:
        """Whether it would do work sent to it now; fails when it has ended."""
        return await self._problems() == {}

    async def is_folding(self) -> bool:
        """Whether the stream works, if not yet the read model; fails when it has ended."""
        problems = await self._problems()
        return problems is not None and problems.keys() <= {"consumer"}

    async def _problems(self) -> dict[str, str] | None:
        assert self.exit_code is None, self._world.log.read_text()

        def ask() -> dict[str, str] | None:
            connection = HTTPConnection(str(self.http), timeout=5)
            try:
                connection.request("GET", "/readyz")
                found: dict[str, str] = json.load(connection.getresponse())["problems"]
                return found
            except OSError:
                return None
            finally:
                connection.close()

        return await asyncio.to_thread(ask)

    @property
    def exit_code(self) -> int | None:
        assert self._child is not None
        return self._child.returncode

    async def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        assert self._child is not None
        if self._child.returncode is None:
            self._child.kill()
        await self._child.wait()

    async def terminate(self) -> int:
        """SIGTERM; the exit code."""
        assert self._child is not None
        self._child.terminate()
        return await self._child.wait()

    async def wait(self) -> int:
        """The exit code, when it ends by itself."""
        assert self._child is not None
        return await self._child.wait()


@asynccontextmanager
async def identity_of(issuer: Issuer) -> AsyncIterator[Address]:
    """As much of identity as signals needs: the keys."""

    class Sessions(identity_grpc.SessionServiceServicer):
        async def CreateSession(self, request: Any, context: Any) -> Any:
            raise NotImplementedError

        async def GetJwks(self, request: Any, context: Any) -> identity_api.GetJwksResponse:
            return identity_api.GetJwksResponse(jwks=issuer.jwks_now())

    server = grpc.aio.server()
    identity_grpc.add_SessionServiceServicer_to_server(Sessions(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield Address("127.0.0.1", port)
    finally:
        await server.stop(None)


@asynccontextmanager
async def connected(address: Address) -> AsyncIterator[Stub]:
    """A client that waits for the service to come back."""
    async with grpc_client.connect(address, ["kith.signals.v1.SignalService"]) as channel:
        yield grpc_api.SignalServiceStub(channel)
