"""The whole service on the real broker and database: what it tells, and kill -9."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from common.config import Address
from common.errors import RemoteError
from common.ids import new_id
from common.testing.pytest_plugin import CreateTopics
from kith.activity.events.v1 import activity_events_pb2 as activity
from kith.outcomes.events.v1 import outcomes_events_pb2 as events
from kith.outcomes.v1 import outcomes_pb2 as pb
from pymongo import AsyncMongoClient

from services.outcomes.tests.builders import LONELY, NETWORK
from services.outcomes.tests.doors import Client, Issuer, identity
from services.outcomes.tests.surroundings import (
    ACTIVITY,
    RESPONSES,
    Process,
    Surroundings,
    client_of,
    header,
    http,
)


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
async def surroundings(
    kafka: str, mongodb_uri: str, topic_prefix: str, unique: str, create_topics: CreateTopics,
    issuer: Issuer,
) -> AsyncIterator[Surroundings]:  # fmt: skip
    await create_topics(
        RESPONSES, ACTIVITY, "identity.account.v1", "outcomes.erasure.v1",
        "outcomes.erasure.v1.dlq",
    )  # fmt: skip
    async with identity(issuer) as address:
        yield Surroundings(kafka, mongodb_uri, topic_prefix, unique, address)
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri) as client:
        await client.drop_database(f"{unique}_outcomes")


async def test_scores_are_told_in_order_and_no_answer_is(
    surroundings: Surroundings, issuer: Issuer
) -> None:
    ada = new_id()
    token = issuer.token("member", ada)
    async with surroundings.running() as (_, client):
        survey = await client.answer(token, "ucla-3", LONELY, "secret-1")
        check_in = await client.answer(token, "check-in", {"week": 0}, "secret-2")
        assert await client.answer(token, "ucla-3", LONELY, "secret-1") == survey
        told = await surroundings.records(RESPONSES, 2)
        did = await surroundings.records(ACTIVITY, 2)

    assert [record.key.decode() for record in told] == [survey.id, check_in.id]
    assert events.ResponseScored.FromString(told[0].value) == events.ResponseScored(
        network_id=str(NETWORK), response_id=survey.id, member_id=str(ada), instrument_id="ucla-3",
        score=8, scoring_version="ucla-3-sum-1", create_time=survey.create_time,
        consent_version=3,
    )  # fmt: skip
    assert [header(record, "ce_sequence") for record in told] == ["1", "1"]
    assert header(told[0], "ce_source") == "/outcomes"
    assert header(told[0], "ce_type") == "kith.outcomes.events.v1.ResponseScored"

    assert {record.key.decode() for record in did} == {str(ada)}
    activities = [activity.ActivityRecorded.FromString(record.value) for record in did]
    assert [(a.kind, a.value, a.subject_id) for a in activities] == [
        (activity.ACTIVITY_KIND_SURVEY_SCORE, 8, survey.id),
        (activity.ACTIVITY_KIND_CHECK_IN, 0, check_in.id),
    ]
    assert all(a.HasField("value") for a in activities)
    for record in [*told, *did]:
        published = record.key + record.value + str(record.headers).encode()
        for word in (b"secret", b"companionship", b"isolated"):
            assert word not in published


async def test_it_says_that_it_is_ready_and_counts(
    surroundings: Surroundings, issuer: Issuer
) -> None:
    async with surroundings.running() as (app, client):
        await client.instruments(issuer.token())
        assert await http(app.http, "/readyz") == (200, '{"status": "ready", "problems": {}}')
        _, metrics = await http(app.http, "/metrics")
        assert 'method="/kith.outcomes.v1.ResponseService/ListInstruments"' in metrics


async def test_after_kill_9_nothing_acknowledged_is_missing_and_every_event_arrives(
    surroundings: Surroundings, issuer: Issuer, unused_tcp_port_factory: Callable[[], int]
) -> None:
    grpc, http = (Address("127.0.0.1", unused_tcp_port_factory()) for _ in range(2))
    process = Process(surroundings, grpc, http)
    token, total = issuer.token(), 120
    first = await process.start()
    acknowledged: dict[str, pb.Response] = {}
    few = asyncio.Semaphore(8)

    async def answer(client: Client, number: int) -> None:
        async with few:
            id = f"r-{number}"
            acknowledged[id] = await client.answer(token, "check-in", {"week": number % 5}, id)
        if len(acknowledged) == total // 3:
            first.send_signal(signal.SIGKILL)

    async with client_of(process) as client:
        answers = (answer(client, number) for number in range(total))
        for outcome in await asyncio.gather(*answers, return_exceptions=True):
            assert outcome is None or isinstance(outcome, RemoteError)
    await first.wait()
    assert total // 3 <= len(acknowledged) < total

    second = await process.start()
    made: dict[str, pb.Response] = {}
    async with client_of(process) as client:
        for number in range(total):
            id = f"r-{number}"
            made[id] = await client.answer(token, "check-in", {"week": number % 5}, id)
    assert acknowledged == {id: made[id] for id in acknowledged}
    told = await surroundings.records(RESPONSES, total)
    assert {record.key.decode() for record in told} == {one.id for one in made.values()}
    assert len(told) == total
    assert len(await surroundings.records(ACTIVITY, total)) == total
    second.send_signal(signal.SIGTERM)
    assert await second.wait() == 0


async def test_wrong_settings_end_in_one_line() -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "outcomes", "run", env={}, stderr=asyncio.subprocess.PIPE
    )
    _, told = await child.communicate()
    assert child.returncode == 2
    assert told.decode().count("\n") == 1
    assert "KITH_KAFKA is not set; " in told.decode()
