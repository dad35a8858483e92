"""Identity as a whole: what surrounds it, and its own process."""

from __future__ import annotations

import asyncio
import sys
import urllib.request
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer
from common.config import Address
from common.grpc_client import call
from common.testing.poll import until
from google.protobuf.timestamp_pb2 import Timestamp
from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as api

from libs.erasure.tests.keys import SERVICES
from services.identity.tests.doors import Client

ACCOUNTS, ACTIVITY = "identity.account.v1", "activity.member.v1"
CONSENTS = "identity.consent.v1"
AUDITED = [
    "signals.access.v1", "identity.change.v1", "community.change.v1", "programs.change.v1",
    "community.access.v1", "community.case.v1", "identity.cases.v1.dlq",
    "messaging.change.v1",
]  # fmt: skip
ERASURE_TOPICS = [f"{name}.erasure.v1" for name in (*SERVICES, "identity")]
JOINED = Timestamp(seconds=1_200_000_000)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Broker, database and names of one test."""

    kafka: str
    mongodb_uri: str
    prefix: str
    name: str

    async def records(self, topic: str, count: int) -> list[Any]:
        """The records of a topic once there are `count`."""
        consumer = AIOKafkaConsumer(
            self.prefix + topic, bootstrap_servers=self.kafka, auto_offset_reset="earliest"
        )
        found: list[Any] = []

        async def enough() -> bool:
            for records in (await consumer.getmany(timeout_ms=100)).values():
                found.extend(records)
            return len(found) >= count

        await consumer.start()
        try:
            await until(enough)
        finally:
            await consumer.stop()
        return found


async def http(address: Address, path: str) -> tuple[int, str]:
    def get() -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://{address}{path}", timeout=5) as reply:
                return reply.status, reply.read().decode()
        except OSError:
            return 0, ""

    return await asyncio.to_thread(get)


async def streamed(
    accounts: Sequence[pb.ImportedAccount],
) -> AsyncIterator[api.ImportAccountsRequest]:
    yield api.ImportAccountsRequest(source="old-place", accounts=accounts)


async def imported(client: Client, admin: str, people: range) -> api.ImportAccountsResponse:
    accounts = [
        pb.ImportedAccount(
            external_id=f"secret-id-{n}", handle=f"secret-name-{n}", signals_consent=True,
            join_time=JOINED,
        )
        for n in people
    ]  # fmt: skip
    request = streamed(accounts)
    return await call(client.accounts.ImportAccounts, request, token=admin, seconds=30)


class Process:
    """`python -m identity run`, as an operator starts it."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment = environment
        self.log = log
        self.grpc = Address.parse(environment["KITH_GRPC_LISTEN"])
        self.http = Address.parse(environment["KITH_HTTP_LISTEN"])

    def set(self, **settings: str) -> None:
        """More settings, from the next start on."""
        self._environment |= settings

    async def start(self) -> asyncio.subprocess.Process:
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "identity", "run", env=self._environment, stderr=log
            )

        async def ready() -> bool:
            assert process.returncode is None, "it did not start"
            return (await http(self.http, "/readyz"))[0] == 200

        await until(ready, every=0.05)
        return process
