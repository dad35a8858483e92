"""Reports in MongoDB: one document each, with what was said around it. Words stay sealed as they
were at that time: the context is copied as it is stored, for it may be edited or deleted later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from common import outbox
from common.mongo import ASCENDING, DESCENDING, Database, Document, DuplicateKeyError, IndexModel
from erasure.receipts import Count
from erasure.steps import BATCH, Leaving
from export.kinds import PAGE, Record, Whose, cursor_id, text_of

from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.events import report_filed
from messaging.adapters.sealing import Place
from messaging.domain.report import Report

REPORTS = "reports"
KEPT = timedelta(days=365)
AROUND = 10
"""Messages before and after the reported one; of a conversation twice as many, the newest."""
INDEXES = {
    REPORTS: [
        IndexModel([("network_id", ASCENDING), ("member_ids", ASCENDING)], name="naming"),
        IndexModel(
            [("created_at", ASCENDING)], name="over", expireAfterSeconds=int(KEPT.total_seconds())
        ),
        outbox.INDEX,
    ],
}
COPIED = (
    "_id", "sequence", "sender_id", "text", "version", "reply_to", "created_at", "edited_at",
    "deleted_at", "earlier",
)  # fmt: skip


class MongoReports:
    """Implements ports_reports.Reports; `wake` is told when an event was stored."""

    def __init__(
        self, database: Database, network_id: UUID, keys: ConversationKeys,
        wake: Callable[[], None],
    ) -> None:  # fmt: skip
        self._reports = database.collection(REPORTS, network_id)
        self._messages = database.collection("messages", network_id)
        self._keys = keys
        self._wake = wake

    async def add(self, report: Report) -> datetime:
        """See ports_reports.Reports."""
        there = await self._reports.find_one({"_id": report.id}, {"created_at": 1})
        if there is None:
            document = await self._document(report)
            try:
                await self._reports.insert_one(document)
            except DuplicateKeyError:
                there = await self._reports.find_one({"_id": report.id}, {"created_at": 1})
            else:
                self._wake()
        return there["created_at"] if there else report.created_at

    async def _document(self, report: Report) -> Document:
        network_id, words = self._reports.network_id, report.complaint.words
        context = await self._context(report)
        named = {report.reporter_id, *report.reported_ids, *(one["sender_id"] for one in context)}
        seal = await self._keys.of(network_id, report.conversation_id)
        return {
            "_id": report.id, "conversation_id": report.conversation_id,
            "reporter_id": report.reporter_id, "reported_ids": list(report.reported_ids),
            "message_id": report.complaint.message_id, "sequence": report.sequence,
            "reason": report.complaint.reason.value,
            "words": seal.seal(_place(report.id, report.reporter_id), words) if words else "",
            "context": context, "member_ids": sorted(named), "created_at": report.created_at,
            **outbox.fields([report_filed(network_id, report)]),
        }  # fmt: skip

    async def _context(self, report: Report) -> list[Document]:
        wanted: Document = {"conversation_id": report.conversation_id}
        if report.sequence:
            first, last = report.sequence - AROUND, report.sequence + AROUND
            wanted["sequence"] = {"$gte": max(first, report.first), "$lte": last}
        elif report.first > 1:
            wanted["sequence"] = {"$gte": report.first}
        found = await self._messages.find(
            wanted, sort=[("sequence", DESCENDING)], limit=2 * AROUND + 1,
            projection={**dict.fromkeys(COPIED, 1), "notice.kind": 1},
        )  # fmt: skip
        said = [one for one in found[::-1] if "notice" not in one]
        return [{name: one[name] for name in COPIED if name in one} for one in said]


def _place(report_id: UUID, reporter_id: UUID) -> Place:
    """What a reporter's words are bound to: no message has the number 0."""
    return Place(report_id, 0, reporter_id)


class Erasing:
    """A step of erasure: reports stay without her words and her id, wherever she is named."""

    kind = REPORTS

    async def count(self, database: Database, leaving: Leaving) -> Count:
        """See Step."""
        reports = database.collection(REPORTS, leaving.network_id)
        return Count(anonymised=await reports.count({"member_ids": leaving.member_id}))

    async def apply(self, database: Database, leaving: Leaving) -> None:
        """See Step. Another may leave at the same time: what changed meanwhile is read anew."""
        reports = database.collection(REPORTS, leaving.network_id)
        while found := await reports.find(
            {"member_ids": leaving.member_id}, sort=[("_id", ASCENDING)], limit=BATCH
        ):
            for document in found:
                unchanged = {"_id": document["_id"], "member_ids": document["member_ids"]}
                await reports.update_one(unchanged, {"$set": _without(document, leaving)})


def _without(report: Document, leaving: Leaving) -> Mapping[str, Any]:
    def instead(ids: list[UUID]) -> list[UUID]:
        return [leaving.stand_in if id == leaving.member_id else id for id in ids]

    hers = report["reporter_id"] == leaving.member_id
    return {
        "member_ids": instead(report["member_ids"]),
        "reported_ids": instead(report["reported_ids"]),
        "context": [
            {**one, "sender_id": leaving.stand_in, "text": "", "earlier": []}
            if one["sender_id"] == leaving.member_id else one
            for one in report["context"]
        ],
        **({"reporter_id": leaving.stand_in, "words": ""} if hers else {}),
    }  # fmt: skip


class Exporting:
    """A kind of an export: the reports she made. Of reports about her she is told nothing."""

    name, collection = "reports", REPORTS
    title = "What you reported"
    about = "Messages and conversations that you reported to moderators, and why."

    def __init__(self, keys: ConversationKeys) -> None:
        self._keys = keys

    async def page(self, database: Database, whose: Whose, after: str) -> tuple[list[Record], str]:
        """See Kind."""
        wanted: Document = {"member_ids": whose.member_id, "reporter_id": whose.member_id}
        if after:
            wanted["_id"] = {"$gt": cursor_id(after)}
        found = await database.collection(REPORTS, whose.network_id).find(
            wanted, sort=[("_id", ASCENDING)], limit=PAGE, projection={"outbox": 0, "context": 0}
        )
        rest = str(found[-1]["_id"]) if len(found) == PAGE else ""
        return [await self._record(document, whose) for document in found], rest

    async def _record(self, report: Document, whose: Whose) -> Record:
        words = report["words"]
        if words:
            seal = await self._keys.of(whose.network_id, report["conversation_id"])
            words = seal.open(_place(report["_id"], whose.member_id), words)
        return {
            "reportId": str(report["_id"]), "conversationId": str(report["conversation_id"]),
            "sequence": report["sequence"], "reason": report["reason"], "text": words,
            "createTime": text_of(report["created_at"]),
        }  # fmt: skip
