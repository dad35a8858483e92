"""Bringing in a history through the door: what is kept, what is refused, and sending it again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest
from common.errors import Kind
from common.ids import new_id
from common.mongo import Database, Document
from google.protobuf.timestamp_pb2 import Timestamp
from kith.messaging.v1 import messaging_pb2 as pb
from kith.messaging.v1 import messaging_service_pb2 as api
from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.mongo import INDEXES, Networks

from services.messaging.tests.builders import ADA, BEN, CAT, NOW, SOURCE
from services.messaging.tests.doors import Client, Door, Issuer, a_row, opened, refusal


@pytest.fixture
def admin(door: Door, ada: str, ben: str) -> str:
    return door.admin()


async def told(client: Client, ada: str) -> list[tuple[int, str]]:
    """Sequence and words of Ada's talk with Ben."""
    talk = await client.open(ada, BEN)
    return [(one.sequence, one.text) for one in await client.talk(ada, talk.id)]


async def test_a_history_keeps_its_times_and_is_marked(
    client: Client, admin: str, ada: str
) -> None:
    rows = [a_row(1), a_row(2, BEN, ADA)]
    assert await client.bring_in(admin, rows[:1], rows[1:], []) == (2, 0)
    talk = await client.open(ada, BEN)
    assert talk.create_time == rows[0].create_time
    messages = await client.talk(ada, talk.id)
    assert [(one.sender_id, one.text, one.create_time, one.imported) for one in messages] == [
        (str(ADA), "row 1", rows[0].create_time, True),
        (str(BEN), "row 2", rows[1].create_time, True),
    ]
    await client.send(ada, talk.id, "c1", "And now?")
    assert (await client.open(ada, BEN)).last_sequence == 3


async def test_sent_again_from_anywhere_nothing_changes(
    client: Client, admin: str, ada: str
) -> None:
    rows = [a_row(n) for n in range(1, 8)]
    assert await client.bring_in(admin, rows[:4]) == (4, 0)
    before = await told(client, ada)
    assert await client.bring_in(admin, rows[:2], rows[2:]) == (3, 4)
    after = await told(client, ada)
    assert after[:4] == before
    assert await client.bring_in(admin, rows) == (0, 7)
    assert await client.bring_in(admin, rows[5:]) == (0, 2)
    assert await told(client, ada) == after == [(n, f"row {n}") for n in range(1, 8)]
    assert await client.bring_in(admin, rows, source="another") == (7, 0)
    assert await client.bring_in(admin) == (0, 0)


LATER = NOW + timedelta(minutes=2)
BAD_ROWS = [
    (a_row(3, text=" "), "text"), (a_row(3, text="x" * 4_001), "text"),
    (a_row(3, text="a\x00"), "text"),
    (a_row(3, "nobody"), "sender_id"), (a_row(3, ADA, ""), "recipient_id"),
    (a_row(3, ADA, ADA), "member_id"), (a_row(3, at=Timestamp()), "create_time"),
    (pb.ImportedMessage(row=3, sender_id=str(ADA), recipient_id=str(BEN), text="x"), "create_time"),
    (a_row(3, at=Timestamp(seconds=2**62)), "create_time"),
    (a_row(3, at=Timestamp(seconds=-(2**62))), "create_time"), (a_row(3, at=LATER), "create_time"),
]  # fmt: skip


@pytest.mark.parametrize("bad, field", BAD_ROWS)
async def test_a_bad_row_keeps_the_rows_before_it_and_is_named(
    client: Client, admin: str, ada: str, bad: pb.ImportedMessage, field: str
) -> None:
    rows = [a_row(1), a_row(2), bad, a_row(4)]
    refused = await refusal(client.bring_in(admin, rows[:1], rows[1:]))
    assert (refused.kind, refused.reason) == (Kind.INVALID, "IMPORT_ROW_INVALID")
    assert refused.metadata == {"row": "3", "field": field}
    assert await told(client, ada) == [(1, "row 1"), (2, "row 2")]
    assert await client.bring_in(admin, [a_row(3), a_row(4)]) == (2, 0)


@pytest.mark.parametrize("number", [0, -1])
async def test_rows_count_from_1(client: Client, admin: str, number: int) -> None:
    refused = await refusal(client.bring_in(admin, [a_row(number, at=NOW)]))
    assert refused.metadata == {"row": str(number), "field": "row"}


async def test_the_first_row_that_cannot_be_taken_is_the_one_named(
    client: Client, admin: str, ada: str
) -> None:
    await client.bring_in(admin, [a_row(1), a_row(2)])
    unknown = a_row(4, ADA, new_id())
    reused = a_row(2, text="Other")
    for rows, reason, row in (
        ([a_row(3), unknown, reused, a_row(5, text=" ")], "MEMBER_NOT_FOUND", "4"),
        ([a_row(3), reused, unknown], "MESSAGE_ID_REUSED", "2"),
        ([a_row(3), a_row(5, text=" "), unknown], "IMPORT_ROW_INVALID", "5"),
    ):
        refused = await refusal(client.bring_in(admin, rows))
        assert (refused.reason, refused.metadata["row"]) == (reason, row)
        assert await told(client, ada) == [(n, f"row {n}") for n in (1, 2, 3)]


async def test_a_row_with_other_content_is_refused_by_number(
    door: Door, client: Client, admin: str, ada: str
) -> None:
    await door.join(CAT)
    await client.bring_in(admin, [a_row(1), a_row(2)])
    for other in (a_row(2, text="Other"), a_row(2, at=NOW), a_row(2, ADA, CAT), a_row(2, BEN, ADA)):
        refused = await refusal(client.bring_in(admin, [a_row(1), other]))
        assert (refused.kind, refused.reason) == (Kind.CONFLICT, "MESSAGE_ID_REUSED")
        assert refused.metadata == {"row": "2"}
    assert await told(client, ada) == [(1, "row 1"), (2, "row 2")]


async def test_a_batch_too_long_or_without_a_proper_source_is_refused(
    client: Client, admin: str, ada: str
) -> None:
    many = [a_row(n) for n in range(1, 1_002)]
    assert (await refusal(client.bring_in(admin, many))).metadata == {"field": "messages"}
    for source in ("", "x", "x" * 41, "Old", "old_forum", "old:forum", "old\n"):
        refused = await refusal(client.bring_in(admin, many[:1], source=source))
        assert (refused.reason, refused.metadata) == ("INVALID_ARGUMENT", {"field": "source"})
    assert await told(client, ada) == []
    assert await client.bring_in(admin, many[:1_000]) == (1_000, 0)


async def test_a_source_that_changes_on_the_way_ends_the_stream_there(
    client: Client, admin: str, ada: str
) -> None:
    async def stream() -> AsyncIterator[api.ImportMessagesRequest]:
        yield api.ImportMessagesRequest(source=SOURCE, messages=[a_row(1)])
        yield api.ImportMessagesRequest(source="another", messages=[a_row(2)])

    refused = await refusal(client.bring_in_requests(admin, stream()))
    assert refused.metadata == {"field": "source"}
    assert await told(client, ada) == [(1, "row 1")]


@pytest.mark.parametrize(
    "role", ["member", "mentor", "moderator", "care_team", "sponsor", "platform_operator"]
)
async def test_only_a_network_admin_brings_in_a_history(
    door: Door, client: Client, ada: str, ben: str, role: str
) -> None:
    token = door.issuer.token(role=role)
    assert (await refusal(client.bring_in(token, [a_row(1)]))).reason == "FORBIDDEN"
    assert await told(client, ada) == []


async def test_a_member_cannot_stop_an_import_by_taking_the_id_of_a_row(
    client: Client, admin: str, ada: str
) -> None:
    talk = await client.open(ada, BEN)
    await client.send(ada, talk.id, f"{SOURCE}:2", "row 2")
    refused = await refusal(client.bring_in(admin, [a_row(1), a_row(2)]))
    assert (refused.reason, refused.metadata) == ("MESSAGE_ID_REUSED", {"row": "2"})
    assert await client.bring_in(admin, [a_row(1), a_row(2)], source="another") == (2, 0)


async def test_an_import_waits_until_the_events_before_it_are_published(
    database: Database, keys: ConversationKeys, issuer: Issuer
) -> None:
    await database.create_collections(INDEXES)
    room, asked = asyncio.Event(), asyncio.Event()

    async def wait_for_room() -> None:
        asked.set()
        await room.wait()

    networks = Networks(database, keys, lambda documents: None, wait_for_room)
    async with opened(networks, issuer) as door:
        ada, _ = await door.join(ADA), await door.join(BEN)
        talk = await door.client.open(ada, BEN)
        importing = asyncio.create_task(door.client.bring_in(door.admin(), [a_row(1), a_row(2)]))
        await asked.wait()
        assert await door.client.talk(ada, talk.id) == []
        sent = await door.client.send(ada, talk.id)  # nobody waits behind an import that waits
        assert sent.sequence == 1
        room.set()
        assert await importing == (2, 0)
        assert [one.sequence for one in await door.client.talk(ada, talk.id)] == [1, 2, 3]


async def test_what_is_stored_is_offered_to_the_relay_once_and_in_order(
    database: Database, keys: ConversationKeys, issuer: Issuer
) -> None:
    await database.create_collections(INDEXES)
    offered: list[str] = []

    def offer(found: Sequence[Document]) -> None:
        offered.extend(one["client_message_id"] for one in found)

    networks = Networks(database, keys, offer)
    async with opened(networks, issuer) as door:
        ada, _ = await door.join(ADA), await door.join(BEN)
        admin = door.admin()
        talk = await door.client.open(ada, BEN)
        await door.client.send(ada, talk.id, f"{SOURCE}:3", "hello")
        await refusal(door.client.bring_in(admin, [a_row(n) for n in (1, 2, 3, 4)]))
        await door.client.send(ada, talk.id, f"{SOURCE}:3", "hello")
        assert offered == [f"{SOURCE}:{number}" for number in (3, 1, 2)]
