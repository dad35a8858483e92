"""Erasures in the database, one document per member with its version and outbox; and the records
of finished ones, which name no member."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from common import outbox
from common.errors import ConcurrentUpdate
from common.mongo import (
    ASCENDING,
    Collection,
    Database,
    Document,
    DuplicateKeyError,
    IndexModel,
)
from erasure.receipts import Count, Receipt

from identity.adapters.deeds import of_done
from identity.adapters.events import of_erasure
from identity.domain.deed import Done
from identity.domain.erasure import AllowReason, Erasure, ErasureStarted, HoldReason, Record, State

RECORDS_KEPT = timedelta(days=3 * 365)
INDEXES: dict[str, list[IndexModel]] = {
    "erasures": [
        IndexModel([("due_at", ASCENDING)], name="due", sparse=True),
        IndexModel([("network_id", ASCENDING), ("erasure_id", ASCENDING)], name="id", unique=True),
        outbox.INDEX,
    ],
    "erasure_records": [
        IndexModel([("network_id", ASCENDING), ("member_hash", ASCENDING)], name="member"),
        IndexModel(
            [("finished_at", ASCENDING)],
            name="expired",
            expireAfterSeconds=round(RECORDS_KEPT.total_seconds()),
        ),
    ],
}


class MongoErasures:
    """Implements ports.Erasures; `wake` tells the relay that an event waits."""

    def __init__(self, collection: Collection, wake: Callable[[], None]) -> None:
        self._collection = collection
        self._wake = wake

    async def get(self, member_id: UUID) -> Erasure | None:
        """See ports.Erasures."""
        return _erasure(await self._collection.find_one({"_id": member_id}))

    async def by_id(self, erasure_id: UUID) -> Erasure | None:
        """See ports.Erasures."""
        return _erasure(await self._collection.find_one({"erasure_id": erasure_id}))

    async def save(self, erasure: Erasure, event: ErasureStarted | Done | None = None) -> None:
        """See ports.Erasures."""
        state, gone = _state(erasure)
        if erasure.version == 1:
            try:
                await self._collection.insert_one({"_id": erasure.member_id, **state})
            except DuplicateKeyError:
                raise ConcurrentUpdate("somebody else asked for it meanwhile") from None
            return
        update = outbox.push(_told(erasure, event), state)
        if gone:
            update["$unset"] = gone
        before = {"_id": erasure.member_id, "version": erasure.version - 1}
        try:
            if not await self._collection.update_one(before, update):
                raise ConcurrentUpdate("the erasure changed meanwhile; try again")
        finally:  # also when nobody knows whether it was stored
            if event:
                self._wake()

    async def remove(self, erasure: Erasure) -> None:
        """See ports.Erasures."""
        await self._collection.delete_many({"_id": erasure.member_id, "erasure_id": erasure.id})


class MongoRecords:
    """Implements ports.Records."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def add(self, record: Record) -> None:
        """See ports.Records."""
        try:
            await self._collection.insert_one({
                "_id": record.erasure_id, "member_hash": record.member_hash,
                "requested_at": record.requested_at, "started_at": record.started_at,
                "finished_at": record.finished_at,
                "receipts": [_receipt_document(one) for one in record.receipts],
            })  # fmt: skip
        except DuplicateKeyError:
            return

    async def by_member(self, member_hash: bytes) -> Record | None:
        """See ports.Records."""
        found = await self._collection.find_one({"member_hash": member_hash})
        if found is None:
            return None
        network_id: UUID = found["network_id"]
        return Record(
            found["_id"], network_id, bytes(found["member_hash"]), found["requested_at"],
            found["started_at"], found["finished_at"],
            tuple(_receipt(network_id, found["_id"], one) for one in found["receipts"]),
        )  # fmt: skip


class MongoDue:
    """Implements ports.Due, over all networks."""

    def __init__(self, database: Database) -> None:
        self._collection = database.unscoped("erasures")

    async def due(self, now: datetime, limit: int) -> Sequence[Erasure]:
        """See ports.Due."""
        cursor = self._collection.find({"due_at": {"$lte": now}})
        found = await cursor.sort([("due_at", ASCENDING)]).limit(limit).to_list(limit)
        return [erasure for erasure in map(_erasure, found) if erasure]


def _told(erasure: Erasure, event: ErasureStarted | Done | None) -> list[outbox.Outgoing]:
    if isinstance(event, Done):
        return list(of_done(erasure.network_id, event, erasure.version))
    return list(of_erasure(erasure, event)) if event else []


def _state(erasure: Erasure) -> tuple[Document, Document]:
    """What is set, and what is taken away: an absent due time is in no index."""
    state: Document = {
        "erasure_id": erasure.id, "state": erasure.state, "requested_at": erasure.requested_at,
        "grace_until": erasure.grace_until, "hold_reason": erasure.hold_reason,
        "started_at": erasure.started_at, "version": erasure.version,
        "held_until": erasure.held_until, "hold_sealed": erasure.hold_sealed,
        "waits_for_person": erasure.waits_for_person, "allowed_at": erasure.allowed_at,
        "allow_reason": erasure.allow_reason,
        "receipts": [_receipt_document(receipt) for receipt in erasure.receipts],
    }  # fmt: skip
    if erasure.due_at is None:
        return state, {"due_at": ""}
    return {**state, "due_at": erasure.due_at}, {}


def _erasure(document: Document | None) -> Erasure | None:
    if document is None:
        return None
    network_id, id = document["network_id"], document["erasure_id"]
    reason = document["hold_reason"]
    return Erasure(
        id, network_id, document["_id"], State(document["state"]), document["requested_at"],
        document["grace_until"], document.get("due_at"), HoldReason(reason) if reason else None,
        document["started_at"],
        tuple(_receipt(network_id, id, one) for one in document["receipts"]),
        document["version"], document.get("held_until"), document.get("hold_sealed", False),
        document.get("waits_for_person", False), document.get("allowed_at"),
        AllowReason(allowed) if (allowed := document.get("allow_reason")) else None,
    )  # fmt: skip


def _receipt_document(receipt: Receipt) -> Document:
    return {
        "service": receipt.service, "erased_at": receipt.erased_at,
        "signature": receipt.signature,
        "counts": {kind: asdict(count) for kind, count in receipt.counts.items()},
    }  # fmt: skip


def _receipt(network_id: UUID, erasure_id: UUID, document: Mapping[str, Any]) -> Receipt:
    counts = {kind: Count(**count) for kind, count in document["counts"].items()}
    return Receipt(
        network_id, erasure_id, document["service"], counts, document["erased_at"],
        bytes(document["signature"]),
    )  # fmt: skip
