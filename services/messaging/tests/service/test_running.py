"""The whole service on the real broker and database: what it hears and tells, and kill -9."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from common.config import Address
from common.errors import RemoteError
from common.ids import new_id
from common.testing.poll import until
from kith.activity.events.v1 import activity_events_pb2 as activity
from kith.messaging.events.v1 import messaging_events_pb2 as events
from kith.messaging.v1 import messaging_pb2 as pb
from messaging.adapters.rewrapping import UnknownMasterKey

from services.messaging.tests.builders import ADA, BEN, CAT, OTHER_NETWORK
from services.messaging.tests.doors import Client, Issuer, a_row
from services.messaging.tests.keys import write_key
from services.messaging.tests.surroundings import (
    ACTIVITY,
    DEAD_LETTERS,
    MESSAGES,
    REPORTED,
    Process,
    Surroundings,
    client_of,
    header,
    http,
)

WORDS = "words nobody else may read"


async def opened_when_known(client: Client, token: str, peer: UUID) -> pb.Conversation:
    """Open a conversation as soon as identity's event about the peer has arrived."""

    async def attempt() -> pb.Conversation | None:
        try:
            return await client.open(token, peer)
        except RemoteError as error:
            if error.reason != "MEMBER_NOT_FOUND":
                raise
            return None

    found = await until(attempt)
    assert found is not None
    return found


async def test_who_joined_can_be_written_to_and_it_is_told_in_order_without_a_word(
    surroundings: Surroundings, issuer: Issuer
) -> None:
    ada, ben = issuer.token(ADA), issuer.token(BEN)
    async with surroundings.running() as (_, client):
        await surroundings.tell(ADA, BEN, BEN)
        talk = await opened_when_known(client, ada, BEN)
        sent = [
            await client.send(token, talk.id, f"secret-{number}", WORDS)
            for number, token in enumerate((ada, ada, ben))
        ]
        told = await surroundings.records(MESSAGES, 3)
        did = await surroundings.records(ACTIVITY, 4)
        for _ in range(2):
            await client.move(ben, talk.id, read=3)
        read = (await surroundings.records(ACTIVITY, 5))[4:]
        report = await client.report(ben, talk.id)
        [filed] = await surroundings.records(REPORTED, 1)

    assert {record.key.decode() for record in told} == {talk.id}
    assert [header(record, "ce_sequence") for record in told] == ["1", "2", "3"]
    assert {header(record, "ce_source") for record in told} == {"/messaging"}
    facts = [events.MessageSent.FromString(record.value) for record in told]
    assert [fact.message_id for fact in facts] == [one.id for one in sent]
    assert filed.key.decode() == report.id
    [seen] = [activity.ActivityRecorded.FromString(record.value) for record in read]
    assert (seen.kind, seen.member_id, seen.peer_id, seen.subject_id) == (
        activity.ACTIVITY_KIND_MESSAGE_READ, str(BEN), str(ADA), talk.id,
    )  # fmt: skip
    activities = [activity.ActivityRecorded.FromString(record.value) for record in did]
    assert [record.key.decode() for record in did] == [one.member_id for one in activities]
    kinds = [(one.kind, one.member_id, one.opens_turn) for one in activities]
    assert kinds == [
        (activity.ACTIVITY_KIND_MESSAGE_SENT, str(ADA), True),
        (activity.ACTIVITY_KIND_MESSAGE_SENT, str(ADA), False),
        (activity.ACTIVITY_KIND_MESSAGE_SENT, str(BEN), True),
        (activity.ACTIVITY_KIND_REPLY_RECEIVED, str(ADA), False),
    ]
    for record in (*told, *did):
        published = record.key + record.value + str(record.headers).encode()
        assert WORDS.encode() not in published
        assert b"secret" not in published


async def test_a_member_is_known_in_her_own_network_alone(
    surroundings: Surroundings, issuer: Issuer
) -> None:
    ada = issuer.token(ADA)
    async with surroundings.running() as (_, client):
        await surroundings.tell(CAT, network_id=OTHER_NETWORK)
        await surroundings.tell(BEN)
        await opened_when_known(client, ada, BEN)  # so Cat has been taken, too
        with pytest.raises(RemoteError) as refused:
            await client.open(ada, CAT)
        assert refused.value.reason == "MEMBER_NOT_FOUND"


async def test_an_account_that_cannot_be_waits_for_a_person_and_the_next_is_taken(
    surroundings: Surroundings, issuer: Issuer
) -> None:
    async with surroundings.running() as (app, client):
        await surroundings.tell("not an id", BEN)
        await opened_when_known(client, issuer.token(ADA), BEN)
        (dead,) = await surroundings.records(DEAD_LETTERS, 1)
        assert header(dead, "error_reason") == "INVALID_ARGUMENT"
        assert await http(app.http, "/readyz") == (200, '{"status": "ready", "problems": {}}')
        _, metrics = await http(app.http, "/metrics")
        assert 'method="/kith.messaging.v1.ConversationService/CreateConversation"' in metrics


async def test_without_a_master_key_that_is_needed_it_does_not_start(
    surroundings: Surroundings, issuer: Issuer, tmp_path: Path
) -> None:
    other = write_key(tmp_path, "20260101T000000Z", bytes(32))
    async with surroundings.running() as (_, client):
        await surroundings.tell(BEN)
        await opened_when_known(client, issuer.token(ADA), BEN)
    with pytest.raises(UnknownMasterKey, match=r"the master key 20260101T000000Z-\w{12} is"):
        async with surroundings.running(other.parent):
            pytest.fail("it started")


PEERS = 6


class Chat:
    """Ada writes to several peers at once, until the service is gone; what it acknowledged."""

    def __init__(self, issuer: Issuer) -> None:
        self.ada = issuer.token(ADA)
        self.admin = issuer.token(role="network_admin")
        self.peers = [new_id() for _ in range(PEERS)]
        self.rows = [a_row(n, ADA, self.peers[n % PEERS]) for n in range(1, 601)]
        self.talks: list[str] = []
        self.acknowledged: dict[str, pb.Message] = {}
        self.asked: dict[str, str] = {}
        self.enough = asyncio.Event()

    async def write(self, client: Client, name: int) -> None:
        talk, turn = self.talks[name % PEERS], 0
        while True:
            client_id = f"{name}-{turn}"
            self.asked[client_id] = talk
            try:
                sent = await client.send(self.ada, talk, client_id, WORDS)
            except RemoteError:
                return
            self.acknowledged[client_id] = sent
            if len(self.acknowledged) >= 60:
                self.enough.set()
            turn += 1

    async def import_all(self, client: Client) -> None:
        batches = [self.rows[start : start + 20] for start in range(0, len(self.rows), 20)]
        try:
            await client.bring_in(self.admin, *batches)
        except RemoteError:
            return


async def test_after_kill_9_nothing_acknowledged_is_missing_and_every_event_arrives(
    surroundings: Surroundings, issuer: Issuer, unused_tcp_port_factory: Callable[[], int]
) -> None:
    grpc, http = (Address("127.0.0.1", unused_tcp_port_factory()) for _ in range(2))
    process, chat = Process(surroundings, grpc, http), Chat(issuer)
    await surroundings.tell(ADA, *chat.peers)
    first = await process.start()
    async with client_of(process) as client:
        for peer in chat.peers:
            chat.talks.append((await opened_when_known(client, chat.ada, peer)).id)
            await client.agreed(issuer.token(peer), chat.talks[-1])
        work = [chat.write(client, name) for name in range(2 * PEERS)]
        tasks = [asyncio.create_task(one) for one in (*work, chat.import_all(client))]
        await chat.enough.wait()
        first.send_signal(signal.SIGKILL)
        await asyncio.gather(*tasks)
    await first.wait()

    second = await process.start()
    async with client_of(process) as client:
        for client_id, talk in chat.asked.items():  # a device asks again for all it has sent
            again = await client.send(chat.ada, talk, client_id, WORDS)
            assert chat.acknowledged.get(client_id, again) == again
        created, existing = await client.bring_in(chat.admin, chat.rows)
        assert created + existing == len(chat.rows)
        talks = [await client.talk(chat.ada, talk) for talk in chat.talks]
    for messages in talks:
        assert [one.sequence for one in messages] == list(range(1, len(messages) + 1))
    kept = [one for messages in talks for one in messages]
    live = [one for one in kept if not one.imported]
    assert sorted(one.client_message_id for one in live) == sorted(chat.asked)
    brought = [int(one.client_message_id.split(":")[1]) for one in kept if one.imported]
    assert sorted(brought) == list(range(1, len(chat.rows) + 1))
    told = await surroundings.records(MESSAGES, len(kept))
    facts = [events.MessageSent.FromString(record.value) for record in told]
    assert {fact.message_id for fact in facts} == {one.id for one in kept}
    assert len(facts) == len(kept)
    for talk_id in chat.talks:
        order = [fact.sequence for fact in facts if fact.conversation_id == talk_id]
        assert order == list(range(1, len(order) + 1))
    assert len(await surroundings.records(ACTIVITY, len(kept))) == len(kept)
    second.send_signal(signal.SIGTERM)
    assert await second.wait() == 0


@pytest.mark.parametrize("arguments, said", [(["run"], "KITH_KAFKA is not set; "), ([], "usage")])
async def test_wrong_settings_and_commands_end_in_one_line(arguments: list[str], said: str) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "messaging", *arguments, env={}, stderr=asyncio.subprocess.PIPE
    )
    _, told = await child.communicate()
    assert child.returncode == 2
    assert told.decode().count("\n") == 1
    assert said in told.decode()
