"""The whole service on the real broker and database: what it hears and tells, and kill -9."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import pytest
from common.config import Address
from common.errors import RemoteError
from common.ids import new_id
from common.kafka_producer import Producer
from common.testing.poll import until
from common.testing.pytest_plugin import CreateTopics
from kith.activity.events.v1 import activity_events_pb2 as activity
from kith.programs.events.v1 import programs_events_pb2 as events
from kith.programs.v1 import programs_pb2 as pb
from pymongo import AsyncMongoClient

from services.programs.tests.builders import NETWORK, OTHER_NETWORK
from services.programs.tests.doors import Client, Issuer, identity
from services.programs.tests.surroundings import (
    ACCOUNTS,
    ACTIVITY,
    DEAD_LETTERS,
    ENROLLMENTS,
    Process,
    Surroundings,
    client_of,
    header,
    http,
)

ERASURES = ("programs.erasure.v1", "programs.erasure.v1.dlq")


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def admin(issuer: Issuer) -> str:
    return issuer.token("network_admin")


@pytest.fixture
async def surroundings(
    kafka: str, mongodb_uri: str, topic_prefix: str, unique: str, create_topics: CreateTopics,
    producer: Producer, issuer: Issuer,
) -> AsyncIterator[Surroundings]:  # fmt: skip
    await create_topics(
        ACCOUNTS, ENROLLMENTS, ACTIVITY, DEAD_LETTERS, *ERASURES, "programs.change.v1"
    )
    async with identity(issuer) as address:
        yield Surroundings(kafka, mongodb_uri, topic_prefix, unique, address, producer)
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri) as client:
        await client.drop_database(f"{unique}_programs")


async def enrolled_when_known(
    client: Client, admin: str, cohort_id: str, member_ids: list[UUID]
) -> list[pb.Enrollment]:
    """Enroll as soon as identity's events have arrived."""

    async def attempt() -> list[pb.Enrollment]:
        try:
            return await client.enroll(admin, cohort_id, member_ids)
        except RemoteError as error:
            if error.reason != "MEMBER_NOT_FOUND":
                raise
            return []

    return await until(attempt)


async def test_who_joined_can_be_enrolled_and_what_she_does_is_told_in_order_without_a_word(
    surroundings: Surroundings, issuer: Issuer, admin: str
) -> None:
    ada = new_id()
    token = issuer.token("member", ada)
    steps = [
        pb.Step(id="secret-one", week=1, kind=pb.STEP_KIND_TASK, title="Secret title"),
        pb.Step(id="secret-two", week=2, kind=pb.STEP_KIND_TASK, title="Secret title"),
    ]
    async with surroundings.running() as (_, client):
        program = await client.create_program(admin, display_name="Secret", steps=steps)
        cohort = await client.create_cohort(admin, program.id, display_name="Secret")
        await surroundings.tell(ada, ada)
        (enrollment,) = await enrolled_when_known(client, admin, cohort.id, [ada])
        for step in ("secret-two", "secret-one", "secret-one"):
            await client.mark(token, enrollment.id, step)
        told = await surroundings.records(ENROLLMENTS, 3)
        did = await surroundings.records(ACTIVITY, 3)

    assert {record.key.decode() for record in told} == {enrollment.id}
    started, two, one = [record.value for record in told]
    assert events.EnrollmentStarted.FromString(started) == events.EnrollmentStarted(
        network_id=str(NETWORK), enrollment_id=enrollment.id, program_id=program.id,
        cohort_id=cohort.id, member_id=str(ada), create_time=enrollment.create_time,
    )  # fmt: skip
    assert [
        (event.week, event.step_index, event.completed_program)
        for event in map(events.StepDone.FromString, (two, one))
    ] == [(2, 1, False), (1, 0, True)]
    assert [header(record, "ce_sequence") for record in told] == ["1", "2", "3"]
    assert [header(record, "ce_type").rpartition(".")[2] for record in told] == [
        "EnrollmentStarted", "StepDone", "StepDone"
    ]  # fmt: skip
    assert header(told[0], "ce_source") == "/programs"

    assert {record.key.decode() for record in did} == {str(ada)}
    activities = [activity.ActivityRecorded.FromString(record.value) for record in did]
    assert [a.kind for a in activities] == [
        activity.ACTIVITY_KIND_ENROLLED, activity.ACTIVITY_KIND_STEP_DONE,
        activity.ACTIVITY_KIND_STEP_DONE,
    ]  # fmt: skip
    assert {a.subject_id for a in activities} == {enrollment.id}
    for record in [*told, *did]:
        published = record.key + record.value + str(record.headers).encode()
        assert b"secret" not in published.lower()


async def test_a_member_is_known_in_her_own_network_alone(
    surroundings: Surroundings, issuer: Issuer, admin: str
) -> None:
    ada, eve = new_id(), new_id()
    async with surroundings.running() as (_, client):
        cohort = await client.a_cohort(admin)
        await surroundings.tell(eve, network_id=OTHER_NETWORK)
        await surroundings.tell(ada)
        await enrolled_when_known(client, admin, cohort.id, [ada])  # so eve has been taken, too
        with pytest.raises(RemoteError) as refused:
            await client.enroll(admin, cohort.id, [ada, eve])
        assert refused.value.reason == "MEMBER_NOT_FOUND"


async def test_an_account_that_cannot_be_waits_for_a_person_and_the_next_is_taken(
    surroundings: Surroundings, admin: str
) -> None:
    ada = new_id()
    async with surroundings.running() as (_, client):
        cohort = await client.a_cohort(admin)
        await surroundings.tell("not an id", ada)
        await enrolled_when_known(client, admin, cohort.id, [ada])
        (dead,) = await surroundings.records(DEAD_LETTERS, 1)
    assert header(dead, "error_reason") == "INVALID_ARGUMENT"


async def test_it_says_that_it_is_ready_and_counts(surroundings: Surroundings, admin: str) -> None:
    async with surroundings.running() as (app, client):
        await client.create_program(admin)
        assert await http(app.http, "/readyz") == (200, '{"status": "ready", "problems": {}}')
        _, metrics = await http(app.http, "/metrics")
        assert 'method="/kith.programs.v1.ProgramService/CreateProgram"' in metrics


async def test_after_kill_9_nothing_acknowledged_is_missing_and_every_event_arrives(
    surroundings: Surroundings, issuer: Issuer, admin: str,
    unused_tcp_port_factory: Callable[[], int],
) -> None:  # fmt: skip
    grpc, http = (Address("127.0.0.1", unused_tcp_port_factory()) for _ in range(2))
    process = Process(surroundings, grpc, http)
    members = [new_id() for _ in range(60)]
    await surroundings.tell(*members)
    first = await process.start()
    acknowledged: set[str] = set()
    few = asyncio.Semaphore(8)

    async def mark(client: Client, one: pb.Enrollment) -> None:
        async with few:
            await client.mark(issuer.token("member", UUID(one.member_id)), one.id, "hello")
            acknowledged.add(one.id)
        if len(acknowledged) == len(members) // 3:
            first.send_signal(signal.SIGKILL)

    async with client_of(process) as client:
        cohort = await client.a_cohort(admin)
        made = await enrolled_when_known(client, admin, cohort.id, members)
        marks = (mark(client, one) for one in made)
        for outcome in await asyncio.gather(*marks, return_exceptions=True):
            assert outcome is None or isinstance(outcome, RemoteError)
    await first.wait()
    assert len(members) // 3 <= len(acknowledged) < len(members)

    second = await process.start()
    async with client_of(process) as client:
        again = await client.enroll(admin, cohort.id, members)
        assert [one.id for one in again] == [one.id for one in made]
        assert acknowledged <= {one.id for one in again if "hello" in one.done_step_ids}
        for one in again:
            await client.mark(issuer.token("member", UUID(one.member_id)), one.id, "hello")
    told = await surroundings.records(ENROLLMENTS, 120)
    for one in made:
        of_one = [record for record in told if record.key.decode() == one.id]
        assert [header(record, "ce_sequence") for record in of_one] == ["1", "2"]
    second.send_signal(signal.SIGTERM)
    assert await second.wait() == 0


async def test_wrong_settings_end_in_one_line() -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "programs", "run", env={}, stderr=asyncio.subprocess.PIPE
    )
    _, told = await child.communicate()
    assert child.returncode == 2
    assert told.decode().count("\n") == 1
    assert "KITH_KAFKA is not set; " in told.decode()
