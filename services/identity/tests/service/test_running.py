"""The whole service on the real broker and database: its events, its health, and kill -9."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import urllib.request
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from common import grpc_client
from common.config import Address, Secret, ServiceConfig
from common.grpc_client import call
from common.lifecycle import Lifecycle
from common.testing.poll import until
from common.testing.pytest_plugin import CreateTopics
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.protobuf.timestamp_pb2 import Timestamp
from identity.adapters.master_key import MasterKey
from identity.config import Config, Hashing
from identity.wiring import App, build
from kith.activity.events.v1 import activity_events_pb2 as activity
from kith.identity.events.v1 import identity_events_pb2 as events
from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as api
from pymongo import AsyncMongoClient

from services.identity.tests.builders import PASSWORD
from services.identity.tests.doors import ANY_PORT, Client

ACCOUNTS, ACTIVITY = "identity.account.v1", "activity.member.v1"
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


@pytest.fixture
async def surroundings(
    kafka: str, mongodb_uri: str, topic_prefix: str, unique: str, create_topics: CreateTopics
) -> AsyncIterator[Surroundings]:
    await create_topics(ACCOUNTS, ACTIVITY)
    yield Surroundings(kafka, mongodb_uri, topic_prefix, unique)
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri) as client:
        await client.drop_database(f"{unique}_identity")


@asynccontextmanager
async def running(around: Surroundings) -> AsyncIterator[tuple[App, Client, Lifecycle]]:
    """The service as `run` builds it, and a client of it."""
    service = ServiceConfig(
        kafka=around.kafka, mongodb_uri=around.mongodb_uri, database_prefix=around.name,
        topic_prefix=around.prefix, grpc_listen=ANY_PORT, http_listen=ANY_PORT, identity=ANY_PORT,
        log_level="info", traces="off",
    )  # fmt: skip
    cheap = Hashing(memory_kib=8, passes=1)
    config = Config(
        service, Ed25519PrivateKey.generate(), Secret(PASSWORD), MasterKey(bytes(32)), cheap
    )
    life = Lifecycle()
    async with build(config, life) as app, grpc_client.connect(app.grpc) as channel:
        await life.health.begin()
        yield app, Client(channel), life


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


def headers(record: Any) -> dict[str, str]:
    return {name: value.decode() for name, value in record.headers}


async def test_what_happens_to_accounts_is_told_in_order_and_without_a_word_about_the_person(
    surroundings: Surroundings,
) -> None:
    async with running(surroundings) as (_, client, _):
        admin = await client.admin()
        ada = await client.register(await client.invite(admin), "secret-ada")
        token = (await client.sign_in("secret-ada@example.org")).access_token
        for granted in (True, False):
            request = api.SetConsentRequest(purpose=pb.PURPOSE_SIGNALS, granted=granted)
            await call(client.consents.SetConsent, request, token=token)
        moved = (await imported(client, admin, range(1))).member_ids["secret-id-0"]
        accounts = await surroundings.records(ACCOUNTS, 4)  # operator, admin, ada, imported
        activities = await surroundings.records(ACTIVITY, 6)

    created = events.AccountCreated.FromString(
        next(record.value for record in accounts if record.key == ada.id.encode())
    )
    assert (created.member_id, created.network_id) == (ada.id, ada.network_id)
    assert created.create_time == ada.create_time
    of_ada = [record for record in activities if record.key == ada.id.encode()]
    kinds = [activity.ActivityRecorded.FromString(record.value).kind for record in of_ada]
    assert kinds == [
        activity.ACTIVITY_KIND_SESSION,
        activity.ACTIVITY_KIND_SIGNALS_CONSENT_GRANTED,
        activity.ACTIVITY_KIND_SIGNALS_CONSENT_WITHDRAWN,
    ]
    assert [headers(record)["ce_sequence"] for record in of_ada] == ["2", "3", "4"]
    assert headers(of_ada[0])["ce_source"] == "/identity"
    assert headers(of_ada[0])["ce_type"] == "kith.activity.events.v1.ActivityRecorded"

    (consent,) = [record for record in activities if record.key == moved.encode()]
    (account,) = [record for record in accounts if record.key == moved.encode()]
    agreed = activity.ActivityRecorded.FromString(consent.value)
    assert agreed.kind == activity.ACTIVITY_KIND_SIGNALS_CONSENT_GRANTED
    assert (agreed.occur_time, agreed.imported) == (JOINED, True)
    assert headers(consent)["ce_id"] < headers(account)["ce_id"]  # consent was written first

    for record in [*accounts, *activities]:
        published = record.key + record.value + str(record.headers).encode()
        for word in (b"secret", b"example.org", b"admin", b"argon2", PASSWORD.encode()):
            assert word not in published


async def test_the_next_start_keeps_everything_and_verifies_its_own_tokens(
    surroundings: Surroundings,
) -> None:
    async with running(surroundings) as (_, client, _):
        await client.admin()
    async with running(surroundings) as (_, client, _):
        session = await client.sign_in("admin@example.org")
        reply = await call(
            client.networks.GetNetwork, api.GetNetworkRequest(), token=session.access_token
        )
        assert reply.network.slug == "berlin"


async def http(address: Address, path: str) -> tuple[int, str]:
    def get() -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://{address}{path}", timeout=5) as reply:
                return reply.status, reply.read().decode()
        except OSError:
            return 0, ""

    return await asyncio.to_thread(get)


async def test_it_says_that_it_is_ready_and_counts_sign_ins(surroundings: Surroundings) -> None:
    async with running(surroundings) as (app, client, _):
        await client.operator()
        assert await http(app.http, "/readyz") == (200, '{"status": "ready", "problems": {}}')
        status, metrics = await http(app.http, "/metrics")
        assert status == 200
        assert 'kith_identity_sign_ins_total{outcome="accepted"}' in metrics


class Process:
    """`python -m identity run`, as an operator starts it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self.grpc = Address.parse(environment["KITH_GRPC_LISTEN"])
        self.http = Address.parse(environment["KITH_HTTP_LISTEN"])

    async def start(self) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "identity", "run", env=self._environment,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

        async def ready() -> bool:
            assert process.returncode is None, "it did not start"
            return (await http(self.http, "/readyz"))[0] == 200

        await until(ready, every=0.05)
        return process


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
        "KITH_IDENTITY_KEY": "B" * 43 + "=",
            "KITH_PASSWORD_MEMORY_KIB": "8", "KITH_PASSWORD_PASSES": "1",
        }
    )  # fmt: skip


async def test_after_kill_9_nothing_acknowledged_is_missing_and_every_event_arrives(
    process: Process, surroundings: Surroundings
) -> None:
    first = await process.start()
    async with grpc_client.connect(process.grpc) as channel:
        client = Client(channel)
        admin = await client.admin()
        reply = await imported(client, admin, range(200))
        first.send_signal(signal.SIGKILL)
    await first.wait()
    second = await process.start()
    async with grpc_client.connect(process.grpc) as channel:
        client = Client(channel)
        again = await imported(client, admin, range(200))  # its token still works, too
        assert again.existing_count == 200
        assert again.member_ids == reply.member_ids
    told = await surroundings.records(ACCOUNTS, 202)  # the operator and the admin as well
    assert {record.key.decode() for record in told} >= set(reply.member_ids.values())
    agreed = await surroundings.records(ACTIVITY, 200)
    assert {record.key.decode() for record in agreed} >= set(reply.member_ids.values())
    second.send_signal(signal.SIGTERM)
    assert await second.wait() == 0


async def test_wrong_settings_end_in_one_line() -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "identity", "run", env={}, stderr=asyncio.subprocess.PIPE
    )
    _, told = await child.communicate()
    assert child.returncode == 2
    assert told.decode().count("\n") == 1
    assert "KITH_KAFKA is not set; " in told.decode()
