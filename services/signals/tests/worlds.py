"""The whole service as a process on a real broker and database, and what ought to come of a log."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
from aiokafka import AIOKafkaConsumer
from common import grpc_client
from common.config import Address
from common.kafka_producer import Producer
from common.kafka_producer import Record as Sent
from common.testing.poll import until
from kith.activity.events.v1 import activity_events_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as identity_api
from kith.identity.v1 import identity_service_pb2_grpc as identity_grpc
from kith.signals.v1 import signals_service_pb2_grpc as grpc_api
from signals.adapters.records import read
from signals.domain.codec import encode
from signals.domain.days import ClosedDay
from signals.domain.state import Consent, MemberState
from signals.domain.take import take

from services.signals.tests.builders import (
    ACTIVITY,
    CONSENT,
    DAY,
    HOUR,
    PARAMETERS,
    SET_ASIDE,
    SIGNAL,
    START,
    WITHDRAWAL,
    an_event,
    head,
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
            "KITH_IDENTITY": str(world.identity),
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
        assert self.exit_code is None, self._world.log.read_text()

        def ask() -> bool:
            try:
                with urllib.request.urlopen(f"http://{self.http}/readyz", timeout=5) as reply:
                    return bool(reply.status == 200)
            except OSError:
                return False

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


@dataclass(frozen=True, slots=True)
class Told:
    """An activity to be published, and its id."""

    event: pb.ActivityRecorded
    id: UUID

    @property
    def record(self) -> Sent:
        return Sent(
            ACTIVITY, self.event.member_id, self.event.SerializeToString(), head(self.id)
        )  # fmt: skip


async def feed(producer: Producer, told: Sequence[Told], chunk: int = 200) -> None:
    """Publish, a few at a time, in order."""
    for first in range(0, len(told), chunk):
        sent = await producer.send_all([one.record for one in told[first : first + chunk]])
        assert not any(sent)


_USUAL = {
    pb.ACTIVITY_KIND_MESSAGE_SENT: 50, pb.ACTIVITY_KIND_REPLY_RECEIVED: 30,
    pb.ACTIVITY_KIND_SESSION: 10, pb.ACTIVITY_KIND_ASK: 5, pb.ACTIVITY_KIND_OFFER: 3,
    pb.ACTIVITY_KIND_COMMENT: 8, pb.ACTIVITY_KIND_REACTION: 8, pb.ACTIVITY_KIND_CHECK_IN: 4,
    pb.ACTIVITY_KIND_SURVEY_SCORE: 2, pb.ACTIVITY_KIND_POST_ANSWERED: 3,
    pb.ACTIVITY_KIND_ENROLLED: 1, CONSENT: 0.3, WITHDRAWAL: 0.3,
}  # fmt: skip


def a_history(chance: random.Random, members: Sequence[UUID], count: int, network_id: UUID,
              ) -> list[Told]:  # fmt: skip
    """What they did within half a year; some change their minds, some events are told twice."""
    told = [Told(an_event(member, CONSENT, START, network_id), _id(chance)) for member in members]
    at = START
    for _ in range(count):
        at += round(chance.expovariate(1) * 180 * DAY / count)
        (kind,) = chance.choices(list(_USUAL), list(_USUAL.values()))
        event = an_event(chance.choice(members), kind, at, network_id, **_details(chance, kind))
        told.append(Told(event, _id(chance)))
        if chance.random() < 0.05:
            told.append(chance.choice(told[-20:]))
    return told


def _details(chance: random.Random, kind: pb.ActivityKind.ValueType) -> dict[str, Any]:
    if kind == pb.ACTIVITY_KIND_CHECK_IN:
        return {"value": chance.randrange(5)}
    if kind == pb.ACTIVITY_KIND_SURVEY_SCORE:
        return {"value": chance.randrange(3, 10)}
    if kind == pb.ACTIVITY_KIND_MESSAGE_SENT:
        return {"opens_turn": chance.random() < 0.5}
    if kind in (pb.ACTIVITY_KIND_REPLY_RECEIVED, pb.ACTIVITY_KIND_POST_ANSWERED):
        return {"reply_latency_ms": chance.randrange(60 * HOUR)}
    return {}


def _id(chance: random.Random) -> UUID:
    return UUID(int=START << 80 | 7 << 76 | 2 << 62 | chance.getrandbits(60))


@dataclass
class Expected:
    """What the model alone makes of a log, undisturbed."""

    states: dict[UUID, MemberState] = field(default_factory=dict)
    days: dict[UUID, dict[int, ClosedDay]] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Sequence[Any]) -> Expected:
        expected = cls()
        for record in records:
            found = read(record)
            if found is not None:
                member = UUID(found.member_id)
                taken = take(expected.states.get(member), found.activity, record.offset, PARAMETERS)
                expected.states[member] = taken.state
                days = expected.days.setdefault(member, {})
                if taken.changed and taken.state.consent is not Consent.GRANTED:
                    days.clear()
                days |= {day.day: day for day in taken.closed}
        return expected

    @property
    def stored(self) -> dict[bytes, bytes]:
        """The last state of each member in the changelog."""
        return {str(member).encode(): encode(state) for member, state in self.states.items()}

    def granted(self) -> Iterator[tuple[UUID, MemberState]]:
        """Those of whom there is a signal."""
        for member, state in self.states.items():
            if state.consent is Consent.GRANTED:
                yield member, state

    @property
    def taken(self) -> int:
        return sum(state.taken for _, state in self.granted())
