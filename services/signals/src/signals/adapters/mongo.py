"""The read model: the latest state of each member, and the closed days of her course.

What `signals.member.v1` still holds (100 days) can be rebuilt from it; a row remembers the offset
it is of, so that what comes again or late changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from common.clock import Clock
from common.ids import named_id
from common.mongo import (
    ASCENDING,
    DESCENDING,
    BulkWriteError,
    Collection,
    Database,
    Document,
    IndexModel,
)
from erasure.eraser import INDEXES as ERASURE_INDEXES
from pymongo import UpdateOne

from signals.application.ports import Cleared, Progress, Row, Update
from signals.domain.codec import from_numbers, to_numbers
from signals.domain.days import ClosedDay

INDEXES = {
    "members": [
        IndexModel(
            [("network_id", ASCENDING), ("rank", ASCENDING), ("last_activity", ASCENDING)],
            name="by_risk",
        ),
        IndexModel([("network_id", ASCENDING), ("last_activity", DESCENDING)], name="latest"),
    ],
    "days": [
        IndexModel(
            [("network_id", ASCENDING), ("member_id", ASCENDING), ("day", ASCENDING)], name="course"
        )
    ],
    "erased": [IndexModel([("noted_at", ASCENDING)], name="age", expireAfterSeconds=30 * 86_400)],
    **ERASURE_INDEXES,
}
ERASED = "erased"
_DUPLICATE = 11000
_GONE = {
    "state": "", "rank": "", "probability": "", "last_activity": "", "activities": "",
    "consent_version": "",
}  # fmt: skip


class MongoSignals:
    """Implements ports.Signals."""

    def __init__(self, members: Collection, days: Collection) -> None:
        self._members = members
        self._days = days

    async def get(self, member_id: UUID) -> Row | None:
        """See ports.Signals."""
        document = await self._members.find_one({"_id": member_id})
        return _row(document) if document and "state" in document else None

    async def top(self, active_since: int, after: bytes, limit: int) -> Sequence[Row]:
        """See ports.Signals."""
        wanted: Document = {"rank": {"$gt": after}}
        if active_since > 0:
            wanted["last_activity"] = {"$gte": active_since}
        found = await self._members.find(wanted, sort=[("rank", ASCENDING)], limit=limit)
        return [_row(document) for document in found]

    async def course(self, member_id: UUID, after_day: int, limit: int) -> Sequence[ClosedDay]:
        """See ports.Signals."""
        found = await self._days.find(
            {"member_id": member_id, "day": {"$gt": after_day}}, sort=[("day", ASCENDING)],
            limit=limit,
        )  # fmt: skip
        return [ClosedDay(document["day"], *document["values"]) for document in found]

    async def last_activity(self) -> int:
        """See ports.Signals."""
        document = await self._members.find_one(
            {"last_activity": {"$gt": 0}},
            {"last_activity": 1},
            sort=[("last_activity", DESCENDING)],
        )
        return int(document["last_activity"]) if document else 0

    async def progress(self) -> Progress:
        """See ports.Signals."""
        found = await self._members.aggregate([
            {"$match": {"last_activity": {"$gte": 0}}},
            {"$group": {"_id": None, "members": {"$sum": 1}, "activities": {"$sum": "$activities"},
                        "last": {"$max": "$last_activity"}}},
        ])  # fmt: skip
        if not found:
            return Progress(0, 0, 0)
        return Progress(found[0]["members"], found[0]["activities"], found[0]["last"])


class MongoWriter:
    """Implements ports.Writer."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._clock = clock
        self._erased = database.unscoped(ERASED)
        self._members = database.unscoped("members")
        self._days = database.unscoped("days")

    async def write(self, changes: Sequence[Update | Cleared]) -> None:
        """See ports.Writer."""
        latest: dict[UUID, Update | Cleared] = {}
        cleared: dict[UUID, Cleared] = {}
        days: dict[UUID, list[Document]] = {}
        for change in changes:
            latest[change.member_id] = change
            if isinstance(change, Cleared):
                cleared[change.member_id] = change
                days.pop(change.member_id, None)
            else:
                days.setdefault(change.member_id, []).extend(_days(change))
        for clearing in cleared.values():
            if clearing.erased:
                await self._note(clearing)
            await self._days.delete_many(_days_before(clearing))
        await self._insert([day for member in days.values() for day in member])
        gone = [
            id for id, change in latest.items() if isinstance(change, Cleared) and change.erased
        ]
        await self._upsert([_write(change) for id, change in latest.items() if id not in gone])
        for id in gone:
            await self._members.delete_many({"_id": id, "network_id": latest[id].network_id})

    async def _note(self, clearing: Cleared) -> None:
        """Before anything goes: how much there was, for the receipt."""
        hers = {"member_id": clearing.member_id, "network_id": clearing.network_id}
        row = {"_id": clearing.member_id, "network_id": clearing.network_id}
        note = {
            "network_id": clearing.network_id, "days": await self._days.count_documents(hers),
            "members": await self._members.count_documents(row), "noted_at": self._clock.now(),
        }  # fmt: skip
        id = note_id(clearing.network_id, clearing.member_id)
        await self._erased.update_one({"_id": id}, {"$setOnInsert": note}, upsert=True)

    async def _insert(self, documents: Sequence[Document]) -> None:
        if documents:
            try:
                await self._days.insert_many(documents, ordered=False)
            except BulkWriteError as error:
                _only_duplicates(error)  # a closed day never changes

    async def _upsert(self, writes: Sequence[UpdateOne]) -> None:
        if writes:
            try:
                await self._members.bulk_write(writes, ordered=False)
            except BulkWriteError as error:
                _only_duplicates(error)  # the row there is as new or newer


def note_id(network_id: UUID, member_id: UUID) -> UUID:
    """Names the note of a member's erasure without her id; it can be found, not read."""
    return named_id(network_id, "erased", member_id)


def signals_of(database: Database, network_id: UUID) -> MongoSignals:
    """The read model of one network."""
    collection = database.collection
    return MongoSignals(collection("members", network_id), collection("days", network_id))


def _write(change: Update | Cleared) -> UpdateOne:
    if isinstance(change, Cleared):
        older = _older(change.member_id, change.network_id, change.offset)
        return UpdateOne(older, {"$set": {"offset": change.offset}, "$unset": _GONE}, upsert=True)
    row = change.row
    fields = {
        "offset": row.state.offset, "state": to_numbers(row.state), "rank": row.rank,
        "probability": row.probability, "last_activity": row.state.last_at,
        "activities": row.state.taken, "consent_version": row.state.consent_version,
    }  # fmt: skip
    older = _older(row.member_id, change.network_id, row.state.offset)
    return UpdateOne(older, {"$set": fields}, upsert=True)


def _older(member_id: UUID, network_id: UUID, offset: int) -> Document:
    return {"_id": member_id, "network_id": network_id, "offset": {"$lt": offset}}


def _days_before(clearing: Cleared) -> Document:
    """Those after it stay, also if it comes again when they are there already."""
    return {
        "network_id": clearing.network_id, "member_id": clearing.member_id,
        "offset": {"$lte": clearing.offset},
    }  # fmt: skip


def _days(change: Update) -> list[Document]:
    member_id = change.row.member_id
    return [
        {
            "_id": f"{member_id}:{day.day}", "network_id": change.network_id,
            "member_id": member_id, "day": day.day, "offset": change.row.state.offset,
            "values": [day.p, day.p_low, day.p_high, day.theta, day.variance, day.engagement,
                       day.messages, day.consent_version],
        }
        for day in change.closed
    ]  # fmt: skip


def _row(document: Document) -> Row:
    return Row(document["_id"], from_numbers(document["state"]), document["probability"])


def _only_duplicates(error: BulkWriteError) -> None:
    if any(failure.get("code") != _DUPLICATE for failure in error.details["writeErrors"]):
        raise error
