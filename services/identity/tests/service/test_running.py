"""The whole service on the real broker and database: its events and its health."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from common import grpc_client
from common.config import Secret, ServiceConfig
from common.grpc_client import call
from common.lifecycle import Lifecycle
from common.testing.poll import until
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from identity.adapters.master_key import MasterKey
from identity.config import Config, Erasing, Hashing
from identity.wiring import App, build
from kith.activity.events.v1 import activity_events_pb2 as activity
from kith.identity.events.v1 import identity_events_pb2 as events
from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as api

from libs.common.tests import service_keys
from libs.common.tests.lives import Life
from libs.erasure.tests.keys import KEY, PUBLIC
from services.identity.tests.builders import PASSWORD
from services.identity.tests.doors import ANY_PORT, Client
from services.identity.tests.running import ACCOUNTS, ACTIVITY, JOINED, Surroundings, http, imported


@asynccontextmanager
async def running(around: Surroundings) -> AsyncIterator[tuple[App, Client, Lifecycle]]:
    """The service as `run` builds it, and a client of it."""
    service = ServiceConfig(
        kafka=around.kafka, mongodb_uri=Secret(around.mongodb_uri), database_prefix=around.name,
        topic_prefix=around.prefix, grpc_listen=ANY_PORT, http_listen=ANY_PORT, identity=ANY_PORT,
        service_key=service_keys.KEYS["identity"], service_keys=service_keys.trust(),
        log_level="info", traces="off",
    )  # fmt: skip
    cheap = Hashing(memory_kib=8, passes=1)
    config = Config(
        service,
        Ed25519PrivateKey.generate(),
        Secret(PASSWORD),
        Erasing(KEY, PUBLIC),
        MasterKey(bytes(32)),
        cheap,
    )
    life = Life()
    async with build(config, life) as app, grpc_client.connect(app.grpc) as channel:
        await life.health.begin()
        yield app, Client(channel), life
    assert life.has_told_all()


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
    assert [headers(record)["ce_sequence"] for record in of_ada] == ["3", "4", "5"]
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


async def test_it_says_that_it_is_ready_and_counts_sign_ins(surroundings: Surroundings) -> None:
    async with running(surroundings) as (app, client, _):
        await client.operator()

        async def ready() -> bool:
            return await http(app.http, "/readyz") == (
                200, '{"status": "ready", "problems": {}}',
            )  # fmt: skip

        await until(ready)
        status, metrics = await http(app.http, "/metrics")
        assert status == 200
        assert 'kith_identity_sign_ins_total{outcome="accepted"}' in metrics


async def test_wrong_settings_end_in_one_line() -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "identity", "run", env={}, stderr=asyncio.subprocess.PIPE
    )
    _, told = await child.communicate()
    assert child.returncode == 2
    assert told.decode().count("\n") == 1
    assert "KITH_KAFKA is not set; " in told.decode()
