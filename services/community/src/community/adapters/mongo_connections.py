"""Connections in the database, one document for each pair of members, and who is a member.

`views` says in one scalar for each of the two how she sees it ("connected:<her id>"), so that an
index holds just those that are on a list, and counting them is counting its entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from common import outbox
from common.mongo import (
    ASCENDING,
    DESCENDING,
    Collection,
    Document,
    DuplicateKeyError,
    IndexModel,
)

from community.adapters import tie_events as events
from community.adapters.writing import NO_OUTBOX, Wake, insert, save_next
from community.domain.connection import Connection, State, View

COLLECTION = "connections"
INDEXES = [
    IndexModel([("network_id", ASCENDING), ("views", ASCENDING), ("_id", ASCENDING)], name="page"),
    IndexModel([("network_id", ASCENDING), ("asker_id", ASCENDING), ("asked_at", ASCENDING)],
               name="asked"),
    IndexModel([("network_id", ASCENDING), ("member_ids", ASCENDING), ("_id", ASCENDING)],
               name="of_member"),
    outbox.INDEX,
]  # fmt: skip


class MongoConnections:
    """Implements ports_connections.Connections."""

    def __init__(self, collection: Collection, wake: Wake) -> None:
        self._collection = collection
        self._wake = wake

    async def get(self, id: UUID) -> Connection | None:
        """See ports_connections.Connections."""
        document = await self._collection.find_one({"_id": id}, NO_OUTBOX)
        return connection_of(document) if document else None

    async def save(self, before: Connection | None, after: Connection) -> None:
        """See ports_connections.Connections."""
        told = events.of_connection(self._collection.network_id, after)
        if before is None:
            made = {"id": after.id, **state_of(after)}
            await insert(self._collection, made, outbox.fields(told), self._wake)
        else:
            await save_next(self._collection, after.id, state_of(after), told, self._wake)

    async def page(
        self, member_id: UUID, view: View, after: UUID | None, limit: int
    ) -> Sequence[Connection]:
        """See ports_connections.Connections."""
        wanted: Document = {"views": seen(view, member_id)}
        if after is not None:
            wanted["_id"] = {"$gt": after}
        found = await self._collection.find(
            wanted, sort=[("_id", ASCENDING)], limit=limit, projection=NO_OUTBOX
        )
        return [connection_of(document) for document in found]

    async def count(self, member_id: UUID, view: View) -> int:
        """See ports_connections.Connections."""
        return await self._collection.count({"views": seen(view, member_id)})

    async def asked_since(self, member_id: UUID, since: datetime, limit: int) -> Sequence[datetime]:
        """See ports_connections.Connections."""
        found = await self._collection.find(
            {"asker_id": member_id, "asked_at": {"$gt": since}}, sort=[("asked_at", DESCENDING)],
            limit=limit, projection={"asked_at": 1},
        )  # fmt: skip
        return [document["asked_at"] for document in found]

    async def remove(self, id: UUID) -> None:
        """See ports_connections.Connections."""
        await self._collection.delete_many({"_id": id})


class MongoMembers:
    """Implements ports_connections.Members."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def known(self, member_id: UUID) -> bool:
        """See ports_connections.Members."""
        return await self._collection.find_one({"_id": member_id}, {"_id": 1}) is not None

    async def add(self, member_id: UUID) -> None:
        """See ports_connections.Members."""
        try:
            await self._collection.insert_one({"_id": member_id})
        except DuplicateKeyError:
            return

    async def remove(self, member_id: UUID) -> None:
        """See ports_connections.Members."""
        await self._collection.delete_many({"_id": member_id})


def seen(view: View, member_id: UUID) -> str:
    """The entry of `views` that says that a member sees it so."""
    return f"{view.value}:{member_id}"


def connection_of(document: Document) -> Connection:
    """The connection in a document."""
    first, second = document["member_ids"]
    return Connection(
        id=document["_id"], member_ids=(first, second), asker_id=document["asker_id"],
        asked_at=document["asked_at"], shown_at=document["shown_at"],
        state=State(document["state"]), changed_at=document["changed_at"],
        version=document["version"], declined_at=document["declined_at"],
        ended_by=document["ended_by"],
    )  # fmt: skip


def state_of(connection: Connection) -> Document:
    """What is kept of a connection, but for its id and events."""
    views = ((connection.seen_by(id), id) for id in connection.member_ids)
    return {
        "member_ids": list(connection.member_ids), "asker_id": connection.asker_id,
        "asked_at": connection.asked_at, "shown_at": connection.shown_at,
        "state": connection.state.value, "changed_at": connection.changed_at,
        "version": connection.version, "declined_at": connection.declined_at,
        "ended_by": connection.ended_by,
        "views": [seen(view, id) for view, id in views if view],
    }  # fmt: skip
