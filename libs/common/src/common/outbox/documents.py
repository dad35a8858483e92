"""The outbox in a document: written with the state, found by the relay, forgotten by it.

`outbox` holds the entries in the order written. `outbox_at`, a UUIDv7 made by the first write that
found the outbox empty, is a scalar in the order of writes: its sparse index finds waiting documents
without looking at the others, and a document keeps its place until all its entries are gone. The id
of an entry says which instance wrote it; the first one's, whose turn it is to publish (turns.py).
`outbox_last` is made anew by each later write, so finding it unchanged proves that nothing was
added since.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from google.protobuf.message import Message
from motor.motor_asyncio import AsyncIOMotorCollection, AsyncIOMotorCursor
from pymongo import UpdateOne

from common.ids import new_id, tagged_id, text_of
from common.kafka_producer import Record, headers
from common.mongo import ASCENDING, Document, IndexModel
from common.telemetry import current_traceparent

MAX_WAITING = 100
PER_KEY = 32
BATCH_DOCUMENTS = 100  # published and forgotten together
FIND_DOCUMENTS = 1_000  # read together
NOTHING, EVERYTHING = UUID(int=0), UUID(int=2**128 - 1)
INDEX = IndexModel([("outbox_at", ASCENDING)], name="outbox", sparse=True)
ROOM: Mapping[str, Any] = {f"outbox.{MAX_WAITING - 1}": {"$exists": False}}
"""Filter: the document can take one more entry; beyond it the caller is told UNAVAILABLE."""
_FORGOTTEN = {"$unset": {"outbox": "", "outbox_at": "", "outbox_last": "", "outbox_turn": ""}}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event on its way: where to, about which aggregate, and its place in that one's history."""

    message: Message
    topic: str
    key: UUID
    sequence: int


def entries(outgoing: Iterable[Outgoing], tag: int | None = None) -> list[Document]:
    """The stored form of some events. See `fields`."""
    traceparent = current_traceparent()
    return [
        {
            "id": tagged_id(tag), "topic": event.topic, "key": text_of(event.key),
            "type": event.message.DESCRIPTOR.full_name, "sequence": event.sequence,
            "payload": event.message.SerializeToString(), "trace": traceparent,
        }
        for event in outgoing
    ]  # fmt: skip


def fields(outgoing: Iterable[Outgoing], tag: int | None = None) -> Document:
    """What a new document holds beside its state; nothing without events. `tag` is of the instance
    whose relay is to publish them: of this one, if none is given."""
    new = entries(outgoing, tag)
    return {"outbox": new, "outbox_at": new_id()} if new else {}


def push(outgoing: Iterable[Outgoing], set_: Mapping[str, Any], tag: int | None = None) -> Document:
    """An update that sets `set_` and adds events, in one write. See `fields`; behind what already
    waits they are for whose turn that is."""
    new = entries(outgoing, tag)
    if not new:
        return {"$set": {**set_}}
    return {
        "$set": {**set_, "outbox_last": new_id()},
        "$min": {"outbox_at": new_id()},
        "$push": {"outbox": {"$each": new}},
    }


def first_of(document: Document) -> UUID | None:
    """The id of the first entry that waits in it; None if all were taken out and it is not cleared
    yet."""
    outbox = document["outbox"]
    id: UUID | None = outbox[0]["id"] if outbox else None
    return id


def turn_of(document: Document) -> UUID:
    """Whose turn it is to publish a waiting document, and since when: a tagged id. That of its
    first entry, in the order of the database, until a relay says otherwise."""
    turn: UUID = document.get("outbox_turn") or first_of(document) or document["outbox_at"]
    return turn


def record_of(entry: Document, source: str) -> Record:
    """What is published of a stored event; `source` is who publishes (CloudEvents)."""
    made = headers(
        id=entry["id"], type=entry["type"], source=source, sequence=entry["sequence"],
        traceparent=entry["trace"],
    )  # fmt: skip
    return Record(entry["topic"], entry["key"], bytes(entry["payload"]), made)


def waiting(
    collection: AsyncIOMotorCollection[Document],
    before: UUID = EVERYTHING,
    after: UUID = NOTHING,
) -> AsyncIOMotorCursor[Document]:
    """The first documents behind `after` whose events wait since `before`: the query every relay
    asks."""
    parts = {"outbox": 1, "outbox_at": 1, "outbox_last": 1, "outbox_turn": 1}
    cursor = collection.find({"outbox_at": {"$gt": after, "$lt": before}}, parts)
    cursor.hint("outbox")  # not every server sees that the sparse index has all of them
    cursor.sort([("outbox_at", ASCENDING)]).limit(FIND_DOCUMENTS)
    cursor.batch_size(FIND_DOCUMENTS + 1)  # one answer, so that nothing moves in between
    return cursor


@dataclass(frozen=True, slots=True)
class Part:
    """Entries of one document that are published together; `last` when no more were seen."""

    document: Document
    entries: Sequence[Document]
    last: bool


def batches(documents: Iterable[Document]) -> Iterator[list[Part]]:
    """Cut documents into batches of at most BATCH_DOCUMENTS, and PER_KEY entries of one key."""
    tally: Tally[str] = Tally()
    batch: list[Part] = []
    for document in documents:
        keys = Tally(entry["key"] for entry in document["outbox"])
        crowded = any(tally[key] + count > PER_KEY for key, count in keys.items())
        if batch and (crowded or len(batch) >= BATCH_DOCUMENTS):
            yield batch
            batch, tally = [], Tally()
        *full, rest = _chunks(document["outbox"])
        for chunk in full:
            yield [Part(document, chunk, last=False)]
        batch.append(Part(document, rest, last=True))
        tally.update(entry["key"] for entry in rest)
    if batch:
        yield batch


def _chunks(outbox: Sequence[Document]) -> list[list[Document]]:
    """At most PER_KEY entries of one key in each; nearly always there is but one."""
    chunks: list[list[Document]] = [[]]
    tally: Tally[str] = Tally()
    for entry in outbox:
        if tally[entry["key"]] == PER_KEY:
            chunks.append([])
            tally.clear()
        chunks[-1].append(entry)
        tally[entry["key"]] += 1
    return chunks


async def forget(
    collection: AsyncIOMotorCollection[Document], batch: Sequence[Part], missing: Collection[UUID]
) -> bool:
    """Take what was published out of the documents; `missing` are the entries that were not.

    False: something was added meanwhile to what should have been cleared, perhaps by an instance
    that leaves it to us, or another relay was here. So look again.
    """
    cleared = [part for part in batch if part.last and not _any_of(missing, part)]
    others = [part for part in batch if not part.last or _any_of(missing, part)]
    unchanged = await _clear(collection, cleared)
    pulls = [_pull(part, missing) for part in (others if unchanged else batch)]
    if pulls:
        await collection.bulk_write(pulls, ordered=False)
    return unchanged


async def _clear(collection: AsyncIOMotorCollection[Document], parts: Sequence[Part]) -> bool:
    """Clear the outboxes that nothing was added to; whether that was all of them."""
    new = [part.document for part in parts if part.document.get("outbox_last") is None]
    old = [part.document for part in parts if part.document.get("outbox_last") is not None]
    found = 0
    if new:
        unchanged = {
            "outbox_at": {"$in": [document["outbox_at"] for document in new]},
            "outbox_last": None,
        }
        found += (await collection.update_many(unchanged, _FORGOTTEN)).matched_count
    if old:
        writes = [
            UpdateOne({"_id": document["_id"], "outbox_last": document["outbox_last"]}, _FORGOTTEN)
            for document in old
        ]
        found += (await collection.bulk_write(writes, ordered=False)).matched_count
    return found == len(parts)


def _pull(part: Part, missing: Collection[UUID]) -> UpdateOne:
    """Take a part; whose turn it was, it stays, whoever wrote what is the first now."""
    ids = {"$in": [entry["id"] for entry in part.entries if entry["id"] not in missing]}
    return UpdateOne(
        {"_id": part.document["_id"], "outbox.id": ids},
        {"$pull": {"outbox": {"id": ids}}, "$set": {"outbox_turn": turn_of(part.document)}},
    )


def _any_of(missing: Collection[UUID], part: Part) -> bool:
    return bool(missing) and any(entry["id"] in missing for entry in part.entries)
