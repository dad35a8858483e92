"""Reports as they are kept: with what was said around them at that time, sealed, whatever becomes
of it later; told by ids only, and to nobody who is reported."""

from __future__ import annotations

import json
from uuid import UUID

from common.clock import SystemClock
from common.errors import Kind
from common.ids import new_id
from common.mongo import Database, Document
from erasure.eraser import Eraser
from export.kinds import Whose
from export.records import Records
from kith.messaging.events.v1 import report_events_pb2 as events
from kith.messaging.v1 import report_service_pb2 as api
from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.erasing import STEPS
from messaging.adapters.exporting import kinds
from messaging.adapters.mongo_reports import AROUND
from messaging.adapters.sealing import Place, Seal

from services.messaging.tests.builders import ADA, BEN, CAT, NETWORK, OTHER_NETWORK
from services.messaging.tests.doors import Client, Door, refusal

CRUEL, SORRY, WORDS = "a cruel sentence", "nothing happened", "he does this every night"


async def the_report(database: Database) -> Document:
    [document] = await database.unscoped("reports").find().to_list(None)
    return document


def said(seal: Seal, report: Document) -> list[list[str]]:
    """Each version of each message of the context."""
    return [
        [
            seal.open(Place(one["_id"], one["sequence"], one["sender_id"], version - 1), text)
            for version, text in (
                *((trace["version"], trace["text"]) for trace in one.get("earlier", ())),
                *([(one.get("version", 1), one["text"])] if one["text"] else []),
            )
        ]
        for one in report["context"]
    ]  # fmt: skip


async def test_it_keeps_what_was_said_before_it_was_changed_whatever_happens_then(
    client: Client, database: Database, keys: ConversationKeys, ada: str, ben: str
) -> None:
    talk = await client.open(ada, BEN)
    sent = await client.send(ben, talk.id, text=CRUEL)
    await client.send(ada, talk.id, text="please stop")
    await client.edit(ben, talk.id, sent.id, SORRY)
    report = await client.report(ada, talk.id, sent.id, WORDS)
    await client.delete(ben, talk.id, sent.id)
    document = await the_report(database)
    seal = await keys.of(NETWORK, UUID(talk.id))
    assert said(seal, document) == [[CRUEL, SORRY], ["please stop"]]
    assert seal.open(Place(UUID(report.id), 0, ADA), document["words"]) == WORDS
    for words in (CRUEL, SORRY, WORDS):
        assert words.encode() not in str(document).encode()
    [entry] = document["outbox"]
    told = events.ReportFiled.FromString(entry["payload"])
    assert (told.report_id, told.message_id, told.reporter_id) == (report.id, sent.id, str(ADA))
    assert list(told.reported_ids) == [str(BEN)]
    assert told.reason == api.REPORT_REASON_HARASSMENT
    again = await client.report(ada, talk.id, sent.id, "other words", api.REPORT_REASON_SCAM)
    assert again == report
    assert await the_report(database) == document


async def test_a_message_is_kept_with_those_around_it_and_a_conversation_with_its_newest(
    client: Client, database: Database, ada: str, ben: str
) -> None:
    talk = await client.open(ada, BEN)
    sent = [await client.send(ben, talk.id) for _ in range(3 * AROUND)]
    for id, numbers in (
        (sent[14].id, range(15 - AROUND, 16 + AROUND)), (sent[1].id, range(1, 3 + AROUND)),
        ("", range(3 * AROUND - 2 * AROUND, 3 * AROUND + 1)),
    ):  # fmt: skip
        report = await client.report(ada, talk.id, id)
        document = await database.unscoped("reports").find_one({"_id": UUID(report.id)})
        assert document is not None
        assert [one["sequence"] for one in document["context"]] == list(numbers)


async def test_who_leaves_takes_her_words_out_of_every_report_and_the_others_stay(
    client: Client, database: Database, keys: ConversationKeys, ada: str, ben: str
) -> None:
    talk = await client.open(ada, BEN)
    sent = await client.send(ben, talk.id, text=CRUEL)
    await client.send(ada, talk.id, text="please stop")
    await client.report(ada, talk.id, sent.id, WORDS)
    eraser = Eraser("messaging", database, STEPS, SystemClock())
    receipt = await eraser.erase(NETWORK, ADA, new_id())
    assert receipt.counts["reports"].anonymised == 1
    document = await the_report(database)
    seal = await keys.of(NETWORK, UUID(talk.id))
    assert said(seal, document) == [[CRUEL], []]
    assert (document["words"], document["reported_ids"]) == ("", [BEN])
    assert ADA not in (*document["member_ids"], document["reporter_id"])
    await eraser.erase(NETWORK, BEN, new_id())
    document = await the_report(database)
    assert [one["text"] for one in document["context"]] == ["", ""]
    assert not {ADA, BEN} & {*document["member_ids"], *document["reported_ids"]}


async def test_an_export_tells_the_reporter_and_not_the_reported(
    client: Client, database: Database, keys: ConversationKeys, ada: str, ben: str
) -> None:
    talk = await client.open(ada, BEN)
    await client.send(ben, talk.id, text=CRUEL)
    await client.report(ada, talk.id, text=WORDS)

    async def told(member_id: UUID) -> str:
        records, token, found = Records(database, kinds(keys)), "", ""
        while True:
            reply = await records.page(Whose(NETWORK, member_id), token)
            found += json.dumps(list(reply.page.records))
            if not (token := reply.next_page_token):
                return found

    assert WORDS in await told(ADA)
    bens = await told(BEN)
    assert WORDS not in bens
    assert "report" not in bens


async def test_what_cannot_be_reported(door: Door, client: Client, ada: str, ben: str) -> None:
    talk = await client.open(ada, BEN)
    own = await client.send(ada, talk.id)
    assert (await refusal(client.report(ada, talk.id, own.id))).reason == "MESSAGE_NOT_FOUND"
    for reason in (0, 99):
        refused = await refusal(client.report(ada, talk.id, reason=reason))
        assert (refused.kind, refused.metadata) == (Kind.INVALID, {"field": "reason"})
    assert (await refusal(client.report(ada, talk.id, text="x" * 2_001))).kind is Kind.INVALID
    for stranger in (await door.join(CAT), await door.join(network_id=OTHER_NETWORK)):
        refused = await refusal(client.report(stranger, talk.id))
        assert refused.reason == "CONVERSATION_NOT_FOUND"
