"""Every document of every collection of every service, as the bytes it is stored as."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from erasure.naming import hasher
from erasure.receipts import Count, Receipt
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database

from kith_cli.erasing.findings import Place
from kith_cli.erasing.marks import Marks

AUDIT, MESSAGES = "audit", "messages"


def scan(uri: str, names: Sequence[str], marks: Marks) -> Iterator[Place]:
    """One place for each collection there is. Raises PyMongoError."""
    with MongoClient[dict[str, Any]](uri) as client:
        for name in names:
            for collection in sorted(client[name].list_collection_names()):
                place = Place(f"{name}.{collection}")
                for document in _raw(client[name], collection):
                    place.looked_at += 1
                    place.sealed += collection == MESSAGES and _is_sealed(document)
                    if found := marks.found_in(bytes(document.raw)):
                        place.hits += 1
                        place.marks |= found
                in_audit = collection == AUDIT and name.endswith("_identity")
                place.stays = in_audit and not place.marks & marks.names.keys()
                yield place


def _raw(database: Database[dict[str, Any]], name: str) -> Iterator[RawBSONDocument]:
    """All documents of a collection as they are stored."""
    options: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
    collection: Collection[RawBSONDocument] = database.get_collection(name, options)  # type: ignore[assignment]  # the stubs keep the database's type of documents
    yield from collection.find()


def _is_sealed(message: RawBSONDocument) -> bool:
    return isinstance(message.get("text"), bytes)


def record_of(
    uri: str, database: str, member_id: UUID, key: bytes
) -> tuple[datetime, list[Receipt]] | None:
    """When the member's erasure was finished, and its receipts; None if it was not."""
    with MongoClient[dict[str, Any]](uri, uuidRepresentation="standard", tz_aware=True) as client:
        wanted = {"member_hash": hasher(key)(member_id)}
        found = client[database]["erasure_records"].find_one(wanted)
    if found is None:
        return None
    return found["finished_at"], [_receipt(found, one) for one in found["receipts"]]


def _receipt(record: Mapping[str, Any], one: Mapping[str, Any]) -> Receipt:
    counts = {kind: Count(**count) for kind, count in one["counts"].items()}
    return Receipt(
        record["network_id"], record["_id"], one["service"], counts, one["erased_at"],
        bytes(one["signature"]),
    )  # fmt: skip
