"""The audit log: one contract for fake and database, races, events, and what the door keeps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import pytest
from common.errors import Forbidden, Invalid, Kind, RemoteError
from common.grpc_client import call
from common.ids import new_id
from common.kafka_consumer import Consumer, Meta
from common.kafka_producer import Producer, headers
from common.mongo import Database
from common.telemetry import Tracing
from common.testing.poll import until
from common.testing.pytest_plugin import CreateTopics
from google.protobuf.timestamp_pb2 import Timestamp
from identity.adapters.mongo import INDEXES, MongoDirectory
from identity.application.audit import page, verify
from identity.application.ports import Audit, Directory
from identity.domain.audit import NO_DIGEST
from identity.entrypoints.consumers import GROUP, TOPICS, handlers
from kith.audit.events.v1 import audit_events_pb2 as events
from kith.identity.v1 import audit_service_pb2 as api
from kith.identity.v1 import identity_service_pb2 as identity_api

from services.identity.tests.builders import NETWORK, NOW, an_access
from services.identity.tests.doors import Door
from services.identity.tests.fakes import FakeDirectory


class AuditContract:
    """What every implementation of ports.Audit does."""

    @pytest.fixture
    def kept(self) -> Directory:
        raise NotImplementedError

    @pytest.fixture
    def log(self, kept: Directory) -> Audit:
        return kept.audit(NETWORK)

    async def test_entries_are_chained_in_the_order_they_come(self, log: Audit) -> None:
        entries = [an_access(subjects=number) for number in range(1, 6)]
        for entry in entries:
            await log.append(entry)
        links = await log.oldest(0, 10)
        assert [found.entry for found in links] == entries
        assert [found.sequence for found in links] == [1, 2, 3, 4, 5]
        found = await verify(log)
        assert (found.count, found.broken, found.digest) == (5, 0, links[-1].digest)
        assert await log.oldest(3, 1) == links[3:4]

    async def test_what_is_told_again_changes_nothing(self, log: Audit) -> None:
        first, second = an_access(), an_access()
        for entry in (first, second, first, second):
            await log.append(entry)
        assert [found.entry for found in await log.oldest(0, 10)] == [first, second]

    async def test_an_empty_log_is_good(self, log: Audit) -> None:
        found = await verify(log)
        assert (found.count, found.broken, found.digest) == (0, 0, NO_DIGEST)
        assert await page(log, 0, 10) == ([], 0)

    async def test_a_member_finds_those_about_her_page_by_page(self, log: Audit) -> None:
        ada = new_id()
        for number in range(7):
            about = [ada, new_id()] if number % 2 == 0 else [new_id()]
            await log.append(an_access(subject_ids=about))
        first, before = await page(log, 0, 3, ada)
        assert [found.sequence for found in first] == [7, 5, 3]
        last, end = await page(log, before, 3, ada)
        assert ([found.sequence for found in last], end) == ([1], 0)
        everything, _ = await page(log, 0, 10)
        assert [found.sequence for found in everything] == [7, 6, 5, 4, 3, 2, 1]

    async def test_each_network_has_its_own(self, kept: Directory, log: Audit) -> None:
        await log.append(an_access())
        assert await kept.audit(new_id()).oldest(0, 10) == []


class TestFakeAudit(AuditContract):
    @pytest.fixture
    def kept(self) -> Directory:
        return FakeDirectory()


class TestMongoAudit(AuditContract):
    @pytest.fixture
    def kept(self, directory: MongoDirectory) -> Directory:
        return directory

    async def test_many_at_once_make_one_chain_without_a_gap(
        self, directory: MongoDirectory
    ) -> None:
        logs = [directory.audit(NETWORK) for _ in range(4)]
        entries = [an_access() for _ in range(24)]
        lots = [entries[number::4] for number in range(4)]

        async def write(number: int) -> None:
            for entry in lots[number]:
                await logs[number].append(entry)

        await asyncio.gather(*map(write, range(4)))
        links = await logs[0].oldest(0, 100)
        assert [found.sequence for found in links] == list(range(1, 25))
        assert {found.entry.id for found in links} == {entry.id for entry in entries}
        assert (await verify(logs[0])).broken == 0

    async def test_who_changes_the_database_is_found(
        self, directory: MongoDirectory, database: Database
    ) -> None:
        log = directory.audit(NETWORK)
        for _ in range(5):
            await log.append(an_access())
        raw = database.unscoped("audit")
        third = (await log.oldest(2, 1))[0]
        await raw.update_one({"_id": third.entry.id}, {"$set": {"actor_id": new_id()}})
        assert (await verify(log)).broken == 3
        await raw.update_one({"_id": third.entry.id}, {"$set": {"actor_id": third.entry.actor_id}})
        assert (await verify(log)).broken == 0
        await raw.delete_one({"_id": third.entry.id})
        assert (await verify(log)).broken == 3


@pytest.fixture
async def telling(
    directory: MongoDirectory, kafka: str, topic_prefix: str, producer: Producer,
    create_topics: CreateTopics,
) -> AsyncIterator[Producer]:  # fmt: skip
    """Identity listens; what the producer publishes it is told."""
    await create_topics(*TOPICS, f"{GROUP}.dlq")
    consumer = Consumer(
        kafka, group=GROUP, topics=TOPICS, handlers=handlers(directory.audit), producer=producer,
        tracing=Tracing(None), topic_prefix=topic_prefix,
    )  # fmt: skip
    task = asyncio.create_task(consumer.run())
    yield producer
    task.cancel()
    await asyncio.wait([task])


def an_event(subject_id: UUID) -> events.AccessRecorded:
    return events.AccessRecorded(
        network_id=str(NETWORK), actor_id=str(new_id()), subject_ids=[str(subject_id)],
        action="/kith.signals.v1.SignalService/GetMemberSignal",
        occur_time=Timestamp(seconds=int(NOW.timestamp())),
    )  # fmt: skip


async def tell(producer: Producer, event: events.AccessRecorded, id: UUID) -> None:
    made = headers(
        id=id, type=event.DESCRIPTOR.full_name, source="/signals", sequence=0, traceparent=None
    )
    sent = await producer.send(
        TOPICS[0], key=event.network_id, value=event.SerializeToString(), headers=made
    )
    await sent


async def test_what_another_service_showed_is_kept_once(
    directory: MongoDirectory, telling: Producer
) -> None:
    ada, bea = new_id(), new_id()
    first, second = an_event(ada), an_event(bea)
    id, other = new_id(), new_id()
    for event, told in ((first, id), (first, id), (second, other), (first, id)):
        await tell(telling, event, told)
    log = directory.audit(NETWORK)

    async def both() -> bool:
        return len(await log.oldest(0, 10)) == 2

    await until(both)
    (kept, _) = await log.oldest(0, 10)
    assert kept.entry == replace(an_access(subject_ids=[ada], actor_id=UUID(first.actor_id)), id=id)
    assert (await verify(log)).broken == 0


@pytest.mark.parametrize("wrong", ["no action", "nobody's data", "no id of a person"])
async def test_an_event_that_is_no_access_is_refused(directory: MongoDirectory, wrong: str) -> None:
    handle = handlers(directory.audit)[events.AccessRecorded]
    event = an_event(new_id())
    if wrong == "no action":
        event.ClearField("action")
    elif wrong == "nobody's data":
        event.ClearField("subject_ids")
    else:
        event.actor_id = "somebody"
    with pytest.raises(Invalid):
        await handle(event, Meta(TOPICS[0], 0, 0, "", str(new_id()), "", 0, None))
    assert await directory.audit(NETWORK).oldest(0, 10) == []


async def test_who_looks_at_an_account_by_role_is_seen_by_its_owner(door: Door) -> None:
    admin = await door.client.admin()
    ada = await door.client.register(await door.client.invite(admin), "ada")
    token = (await door.client.sign_in("ada@example.org")).access_token
    request = identity_api.GetAccountRequest(member_id=ada.id)
    await call(door.client.accounts.GetAccount, request, token=admin)
    await call(door.client.accounts.GetAccount, request, token=token)  # her own: nobody's business
    await call(door.client.accounts.ListAccounts, identity_api.ListAccountsRequest(), token=admin)
    found = await call(door.client.audit.ListAccesses, api.ListAccessesRequest(), token=token)
    assert [entry.action.rpartition("/")[2] for entry in found.entries] == [
        "ListAccounts", "GetAccount",
    ]  # fmt: skip
    assert all(list(entry.subject_ids) == [ada.id] for entry in found.entries)
    assert {entry.actor_handle for entry in found.entries} == {"admin"}
    whole = await call(
        door.client.audit.ListAuditEntries, api.ListAuditEntriesRequest(page_size=1), token=admin
    )
    assert whole.next_before_sequence == 2
    verified = await call(door.client.audit.VerifyAudit, api.VerifyAuditRequest(), token=admin)
    assert (verified.entry_count, verified.broken_sequence) == (2, 0)
    assert verified.digest == whole.entries[0].digest


async def test_the_log_of_the_network_is_for_admins(door: Door) -> None:
    admin = await door.client.admin()
    await door.client.register(await door.client.invite(admin), "ada")
    token = (await door.client.sign_in("ada@example.org")).access_token
    for asked in (
        call(door.client.audit.ListAuditEntries, api.ListAuditEntriesRequest(), token=token),
        call(door.client.audit.VerifyAudit, api.VerifyAuditRequest(), token=token),
    ):
        with pytest.raises(RemoteError) as caught:
            await asked
        assert (caught.value.kind, caught.value.reason) == (Kind.FORBIDDEN, Forbidden.reason)
    for bad in (
        api.ListAccessesRequest(page_size=201),
        api.ListAccessesRequest(before_sequence=-1),
    ):
        with pytest.raises(RemoteError) as caught:
            await call(door.client.audit.ListAccesses, bad, token=token)
        assert caught.value.kind is Kind.INVALID


async def test_an_audit_log_is_read_by_its_indexes(
    directory: MongoDirectory, database: Database
) -> None:
    await database.create_collections(INDEXES)
    for _ in range(30):
        await directory.audit(NETWORK).append(an_access())
    collection = database.collection("audit", NETWORK)
    for wanted in ({"sequence": {"$lt": 9}}, {"subject_ids": new_id(), "sequence": {"$lt": 9}}):
        assert "IXSCAN" in str(await collection.plan(wanted, [("sequence", -1)]))
