"""The database of messaging: conversations, the members known from identity, and what leads to all
of one network."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from uuid import UUID

from common import outbox
from common.ids import new_id
from common.mongo import (
    ASCENDING,
    DESCENDING,
    BulkWriteError,
    Database,
    Document,
    DuplicateKeyError,
    IndexModel,
)
from common.mongo import Collection as Scoped

from messaging.adapters.group_commit import GroupCommit
from messaging.adapters.mongo_messages import MongoMessages, Offer, Room, duplicates
from messaging.application.ports import Network
from messaging.domain.conversation import Conversation

INDEXES = {
    "conversations": [
        IndexModel(
            [("network_id", ASCENDING), ("member_ids", ASCENDING), ("opened_id", DESCENDING)],
            name="of_member",
        )
    ],
    "messages": [
        IndexModel(
            [("network_id", ASCENDING), ("conversation_id", ASCENDING), ("sequence", ASCENDING)],
            name="place", unique=True,
        ),
        IndexModel(
            [("network_id", ASCENDING), ("conversation_id", ASCENDING),
             ("sender_id", ASCENDING), ("client_message_id", ASCENDING)],
            name="once", unique=True,
        ),
        # For finding rows: the local database asks no compound or partial index for a range.
        IndexModel([("import_key", ASCENDING)], name="imported", sparse=True),
        outbox.INDEX,
    ],
    "members": [],
}  # fmt: skip


class MongoConversations:
    """Implements ports.Conversations; a conversation never changes, so it is remembered."""

    def __init__(self, collection: Scoped, seen: dict[UUID, Conversation]) -> None:
        self._collection = collection
        self._seen = seen

    async def get(self, id: UUID) -> Conversation | None:
        """See ports.Conversations."""
        if (known := self._seen.get(id)) is not None:
            return known
        document = await self._collection.find_one({"_id": id})
        if document is None:
            return None
        return self._remember(_conversation(document))

    async def add(self, conversations: Sequence[Conversation]) -> set[UUID]:
        """See ports.Conversations."""
        new = {conversation.id for conversation in conversations}
        try:
            await self._collection.insert_many(
                [
                    {"_id": item.id, "opened_id": new_id(), "member_ids": list(item.member_ids),
                     "created_at": item.created_at}
                    for item in conversations
                ],
                ordered=False,
            )  # fmt: skip
        except BulkWriteError as error:
            new -= {conversations[index].id for index in duplicates(error)}
        return new

    async def page(
        self, member_id: UUID, before: UUID | None, limit: int
    ) -> Sequence[tuple[UUID, Conversation]]:
        """See ports.Conversations."""
        wanted: Document = {"member_ids": member_id}
        if before is not None:
            wanted["opened_id"] = {"$lt": before}
        found = await self._collection.find(wanted, sort=[("opened_id", DESCENDING)], limit=limit)
        return [(document["opened_id"], _conversation(document)) for document in found]

    def _remember(self, conversation: Conversation) -> Conversation:
        if len(self._seen) >= 100_000:
            self._seen.clear()
        self._seen[conversation.id] = conversation
        return conversation


class MongoMembers:
    """Implements ports.Members, and keeps it from identity's events."""

    def __init__(self, collection: Scoped) -> None:
        self._collection = collection

    async def unknown(self, member_ids: Collection[UUID]) -> set[UUID]:
        """See ports.Members."""
        wanted = list(member_ids)
        found = await self._collection.find(
            {"_id": {"$in": wanted}}, sort=[("_id", ASCENDING)], limit=max(len(wanted), 1),
            projection={"_id": 1},
        )  # fmt: skip
        return set(wanted) - {document["_id"] for document in found}

    async def add(self, member_id: UUID) -> None:
        """Know a member from now on; knowing her already changes nothing."""
        try:
            await self._collection.insert_one({"_id": member_id})
        except DuplicateKeyError:
            return


class Networks:
    """Makes the ports of one network."""

    def __init__(
        self, database: Database, offer: Offer, room: Room | None = None,
        unsure: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """`offer` is told what was stored, `unsure` that something may have been; `room` returns
        when much more may be."""
        self._database = database
        self._offer = offer
        self._room = room
        self._unsure = unsure
        self._writer = GroupCommit(database, "messages", offer, unsure)
        self._seen: dict[UUID, dict[UUID, Conversation]] = {}

    def of(self, network_id: UUID) -> Network:
        """Everything messaging keeps for this network."""
        seen = self._seen.setdefault(network_id, {})
        collection = self._database.collection
        return Network(
            id=network_id,
            conversations=MongoConversations(collection("conversations", network_id), seen),
            messages=MongoMessages(
                collection("messages", network_id),
                self._writer,
                self._offer,
                self._room,
                self._unsure,
            ),
            members=self.members(network_id),
        )

    def members(self, network_id: UUID) -> MongoMembers:
        """The members known in this network."""
        return MongoMembers(self._database.collection("members", network_id))


def _conversation(document: Document) -> Conversation:
    return Conversation(document["_id"], tuple(document["member_ids"]), document["created_at"])
