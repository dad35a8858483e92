"""Marks in MongoDB: one document for each member and conversation, and who does not show hers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from common import outbox
from common.errors import Unavailable
from common.ids import named_id
from common.mongo import ASCENDING, Document, DuplicateKeyError, IndexModel
from common.mongo import Collection as Scoped

from messaging.adapters import due
from messaging.adapters.events import read_activity
from messaging.domain.mark import Mark

MARKS, CHOICES = "marks", "receipt_choices"
INDEXES = {
    MARKS: [
        IndexModel(
            [("network_id", ASCENDING), ("member_id", ASCENDING), ("conversation_id", ASCENDING)],
            name="of_member",
        ),
        outbox.INDEX,
    ],
    CHOICES: [],
}


class MongoMarks:
    """Implements ports_marks.Marks; `wake` is told when an event was stored."""

    def __init__(self, collection: Scoped, wake: Callable[[], None]) -> None:
        self._collection = collection
        self._wake = wake

    async def of(self, places: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Mark]:
        """See ports_marks.Marks."""
        ids = [self._id(*place) for place in places]
        found = await self._collection.find(
            {"_id": {"$in": ids}}, sort=[("_id", ASCENDING)], limit=0, projection={"outbox": 0}
        )
        marks = [_mark(document) for document in found]
        return {(mark.conversation_id, mark.member_id): mark for mark in marks}

    async def save(
        self, mark: Mark, at: datetime, read_of: UUID | None, told: Collection[UUID] = ()
    ) -> bool:
        """See ports_marks.Marks."""
        id, network_id = self._id(mark.conversation_id, mark.member_id), self._collection.network_id
        events = [] if read_of is None else [read_activity(network_id, mark, at, read_of)]
        events += due.receipt(
            network_id, mark.conversation_id, told, by=mark.member_id, delivered=mark.delivered,
            read=mark.read,
        )  # fmt: skip
        state = {
            "delivered": mark.delivered, "read": mark.read, "version": mark.version, "moved_at": at,
        }  # fmt: skip
        if mark.version == 1:
            place = {"conversation_id": mark.conversation_id, "member_id": mark.member_id}
            saved = await self._insert({"_id": id, **place, **state, **outbox.fields(events)})
        else:
            saved = await self._update(id, mark.version - 1, outbox.push(events, state))
        if saved and events:
            self._wake()
        return saved

    async def _insert(self, document: Document) -> bool:
        try:
            await self._collection.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    async def _update(self, id: UUID, version: int, update: Document) -> bool:
        before = {"_id": id, "version": version}
        if await self._collection.update_one({**before, **outbox.ROOM}, update):
            return True
        if await self._collection.find_one(before, {"_id": 1}) is not None:
            raise Unavailable("too much of this waits to be published; try again later")
        return False

    def _id(self, conversation_id: UUID, member_id: UUID) -> UUID:
        return named_id(self._collection.network_id, "mark", conversation_id, member_id)


class MongoReceiptChoices:
    """Implements ports_marks.ReceiptChoices; who has not chosen shows hers."""

    def __init__(self, collection: Scoped) -> None:
        self._collection = collection

    async def hiding(self, member_ids: Collection[UUID]) -> set[UUID]:
        """See ports_marks.ReceiptChoices."""
        found = await self._collection.find(
            {"_id": {"$in": list(member_ids)}}, sort=[("_id", ASCENDING)], limit=0
        )
        return {document["_id"] for document in found if not document["shown"]}

    async def choose(self, member_id: UUID, shown: bool) -> None:
        """See ports_marks.ReceiptChoices."""
        await self._collection.update_one(
            {"_id": member_id}, {"$set": {"shown": shown}}, upsert=True
        )


def _mark(document: Document) -> Mark:
    return Mark(
        conversation_id=document["conversation_id"], member_id=document["member_id"],
        delivered=document["delivered"], read=document["read"], version=document["version"],
    )  # fmt: skip
