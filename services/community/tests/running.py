"""Community as it runs, beside as much of identity as it needs, and what it published."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import grpc
from aiokafka import AIOKafkaConsumer
from common import grpc_client
from common.config import Address
from common.errors import RemoteError
from common.grpc_client import call
from common.lifecycle import Lifecycle
from common.testing.poll import until
from community.config import Config
from community.wiring import build
from google.protobuf.message import Message
from kith.activity.events.v1 import activity_events_pb2 as activity
from kith.community.events.v1 import community_events_pb2 as events
from kith.community.events.v1 import tie_events_pb2 as ties
from kith.community.v1 import community_service_pb2 as api
from kith.identity.v1 import identity_service_pb2 as identity_api
from kith.identity.v1 import identity_service_pb2_grpc as identity_grpc

from libs.common.tests.lives import Life
from services.community.tests.doors import Client, Issuer

Published = tuple[str, int, Message]
"""Key, sequence and message of a record."""
POST_TOPIC, ACTIVITY_TOPIC = "community.post.v1", "activity.member.v1"
_KINDS: Mapping[str, type[Message]] = {
    kind.DESCRIPTOR.full_name: kind
    for kind in (
        events.PostCreated,
        events.CommentCreated,
        activity.ActivityRecorded,
        ties.CircleJoined,
        ties.CircleLeft,
        ties.ConnectionAgreed,
        ties.ConnectionEnded,
    )
}


class _Sessions(identity_grpc.SessionServiceServicer):
    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    async def GetJwks(
        self, request: identity_api.GetJwksRequest, context: object
    ) -> identity_api.GetJwksResponse:
        return identity_api.GetJwksResponse(jwks=await self._issuer.jwks())

    async def CreateSession(
        self, request: identity_api.CreateSessionRequest, context: object
    ) -> identity_api.CreateSessionResponse:
        raise NotImplementedError


@asynccontextmanager
async def identity_of(issuer: Issuer) -> AsyncIterator[Address]:
    """An identity that gives out the issuer's keys and nothing else."""
    server = grpc.aio.server()
    identity_grpc.add_SessionServiceServicer_to_server(_Sessions(issuer), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield Address("127.0.0.1", port)
    finally:
        await server.stop(None)


@asynccontextmanager
async def running(environment: Mapping[str, str]) -> AsyncIterator[Client]:
    """The service built in this process."""
    life = Life()
    async with build(Config.from_env(environment), life) as app:
        await life.health.begin()
        await until(lambda: _is_well(life))
        async with grpc_client.connect(app.grpc) as channel:
            yield Client(channel)
    assert life.has_told_all()


def free_address() -> Address:
    """Where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Address("127.0.0.1", probe.getsockname()[1])


@asynccontextmanager
async def spawned(
    environment: Mapping[str, str], token: str, at: Address | None = None
) -> AsyncIterator[tuple[asyncio.subprocess.Process, Client]]:
    """The service in a process of its own, answering; killed at the end if it still runs. One that
    starts again is the same instance if it listens `at` the same address."""
    address = at or free_address()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "community", "run",
        env={**environment, "KITH_GRPC_LISTEN": str(address)},
    )  # fmt: skip
    try:
        async with grpc_client.connect(address) as channel:
            client = Client(channel)

            async def answers() -> bool:
                assert process.returncode is None
                try:
                    await call(client.circles.ListCircles, api.ListCirclesRequest(), token=token)
                except RemoteError as error:
                    if error.reason != "UNAVAILABLE":
                        raise
                    return False
                return True

            await until(answers)
            yield process, client
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def published(bootstrap: str, topic: str, count: int) -> list[Published]:
    """The records of a topic with one partition, until `count` different events are there."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
    )
    found, ids = list[Published](), set[str]()

    async def enough() -> bool:
        for records in (await consumer.getmany(timeout_ms=200)).values():
            for record in records:
                if record.value is None:
                    continue  # a tombstone
                headers = {name: value.decode() for name, value in record.headers}
                assert headers["ce_source"] == "/community"
                message = _KINDS[headers["ce_type"]].FromString(record.value)
                found.append((record.key.decode(), int(headers["ce_sequence"]), message))
                ids.add(headers["ce_id"])
        return len(ids) >= count

    await consumer.start()
    try:
        await until(enough)
    finally:
        await consumer.stop()
    return found


async def _is_well(life: Lifecycle) -> bool:
    return not await life.health.problems()
