"""Mails that wait, in the database; what was sent or is too old goes by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from common.errors import ConcurrentUpdate
from common.mongo import ASCENDING, Database, Document, DuplicateKeyError, IndexModel

from identity.domain.mail import Kind, Mail

INDEXES = [
    IndexModel([("due_at", ASCENDING)], name="due", sparse=True),
    IndexModel([("member_id", ASCENDING)], name="member", sparse=True),
    IndexModel([("expires_at", ASCENDING)], name="expired", expireAfterSeconds=0),
]


class MongoMails:
    """Implements mail_ports.Mails; of all networks, because one clock empties it for all."""

    def __init__(self, database: Database) -> None:
        self._collection = database.unscoped("mails")

    async def add(self, mail: Mail) -> datetime:
        """See mail_ports.Mails."""
        try:
            await self._collection.insert_one({"_id": mail.id, **_new(mail), "version": 1})
        except DuplicateKeyError:
            kept = await self._collection.find_one({"_id": mail.id}, {"made_at": 1})
            return kept["made_at"] if kept else mail.made_at
        return mail.made_at

    async def renew(self, mail: Mail) -> None:
        """See mail_ports.Mails."""
        waits = {"_id": mail.id, "due_at": {"$exists": True}}
        update: Document = {"$set": _new(mail), "$inc": {"version": 1}}
        try:
            await self._collection.update_one(waits, update, upsert=True)
        except DuplicateKeyError:
            return  # it was sent, or somebody else has just stored it

    async def due(self, now: datetime, limit: int) -> Sequence[Mail]:
        """See mail_ports.Mails."""
        cursor = self._collection.find({"due_at": {"$lte": now}}).sort([("due_at", ASCENDING)])
        return [_mail(document) for document in await cursor.limit(limit).to_list(None)]

    async def save(self, mail: Mail) -> None:
        """See mail_ports.Mails."""
        state: Document = {
            "sealed": mail.sealed, "tries": mail.tries, "prepared": mail.prepared,
            "version": mail.version,
        }  # fmt: skip
        update: Document = {"$set": state}
        if mail.due_at is None:
            update["$unset"] = {"due_at": ""}
        else:
            state["due_at"] = mail.due_at
        before = {"_id": mail.id, "version": mail.version - 1}
        if not (await self._collection.update_one(before, update)).matched_count:
            raise ConcurrentUpdate("somebody else sends this mail")

    async def drop(self, mail: Mail) -> None:
        """See mail_ports.Mails."""
        found = {"_id": mail.id, "version": mail.version}
        if not (await self._collection.delete_one(found)).deleted_count:
            raise ConcurrentUpdate("somebody else changed this mail")

    async def forget(self, member_id: UUID) -> int:
        """See mail_ports.Mails."""
        return (await self._collection.delete_many({"member_id": member_id})).deleted_count


def _new(mail: Mail) -> Document:
    """What is kept of one that was not tried yet, but for its id and version."""
    document: Document = {
        "network_id": mail.network_id, "kind": str(mail.kind), "made_at": mail.made_at,
        "expires_at": mail.expires_at, "sealed": mail.sealed, "due_at": mail.due_at, "tries": 0,
        "prepared": False,
    }  # fmt: skip
    if mail.member_id:
        document["member_id"] = mail.member_id
    if mail.about:
        document["about"] = mail.about
    return document


def _mail(document: Document) -> Mail:
    sealed = document["sealed"]
    return Mail(
        document["_id"], document["network_id"], Kind(document["kind"]), document["made_at"],
        document.get("member_id"), bytes(sealed) if sealed is not None else None,
        document.get("due_at"), document["tries"], document["prepared"], document["version"],
        document.get("about"),
    )  # fmt: skip
