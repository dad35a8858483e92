"""Conversations in the database, each with its wrapped key. Of a group the newest roster is kept
with it, for lists; it is true once it is that of the last message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from common.errors import ConcurrentUpdate
from common.ids import new_id
from common.mongo import DESCENDING, BulkWriteError, Document
from common.mongo import Collection as Scoped

from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.mongo_messages import duplicates
from messaging.adapters.rosters import roster_of, stored_roster
from messaging.domain.conversation import Conversation, ConversationKind
from messaging.domain.roster import Roster

TRIES = 8


class MongoConversations:
    """Implements ports.Conversations. What is read is remembered: a pair never changes, and the
    roster of a group is compared with that of its last message."""

    def __init__(
        self, collection: Scoped, keys: ConversationKeys, seen: dict[UUID, Conversation]
    ) -> None:
        self._collection = collection
        self._keys = keys
        self._seen = seen

    async def get(self, id: UUID) -> Conversation | None:
        """See ports.Conversations."""
        if (known := self._seen.get(id)) is not None:
            return known
        document = await self._collection.find_one({"_id": id})
        if document is None:
            return None
        self._keys.note(self._collection.network_id, document)
        return self._remember(conversation_of(document))

    async def add(self, conversations: Sequence[Conversation]) -> set[UUID]:
        """See ports.Conversations."""
        new = {conversation.id for conversation in conversations}
        documents = [await self._document(conversation) for conversation in conversations]
        try:
            await self._collection.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            new -= {conversations[index].id for index in duplicates(error)}
        for document in documents:
            if document["_id"] in new:
                self._keys.note(self._collection.network_id, document)
        return new

    async def keep(self, id: UUID, roster: Roster) -> None:
        """See ports.Conversations."""
        for _ in range(TRIES):
            document = await self._collection.find_one({"_id": id})
            if document is None:
                return
            if document["roster"]["at"] < roster.at:
                before = {"_id": id, "roster.at": document["roster"]["at"]}
                came = {"past_ids": {"$each": list(roster.member_ids)}}  # others add, too
                if not await self._collection.update_one(
                    before, {"$set": _rostered(roster), "$addToSet": came}
                ):
                    continue
                document = {**document, **_rostered(roster)}
            self._remember(conversation_of(document))
            return
        raise ConcurrentUpdate("many come and go at once; try again")

    async def page(
        self, member_id: UUID, before: UUID | None, limit: int
    ) -> Sequence[tuple[UUID, Conversation]]:
        """See ports.Conversations."""
        wanted: Document = {"member_ids": member_id}
        if before is not None:
            wanted["opened_id"] = {"$lt": before}
        found = await self._collection.find(wanted, sort=[("opened_id", DESCENDING)], limit=limit)
        return [(document["opened_id"], conversation_of(document)) for document in found]

    async def _document(self, conversation: Conversation) -> Document:
        """With its key: of two who open it at once one writes, and the other's key was nobody's."""
        among: dict[str, Any] = {}
        if not conversation.is_pair:
            roster = conversation.roster
            among = {
                **_rostered(roster), "kind": conversation.kind.value,
                "circle_id": conversation.circle_id, "past_ids": sorted(roster.member_ids),
            }  # fmt: skip
        return {
            "_id": conversation.id, "opened_id": new_id(),
            "member_ids": list(conversation.member_ids), "created_at": conversation.created_at,
            **among, **await self._keys.new_fields(self._collection.network_id, conversation.id),
        }  # fmt: skip

    def _remember(self, conversation: Conversation) -> Conversation:
        if len(self._seen) >= 100_000:
            self._seen.clear()
        self._seen[conversation.id] = conversation
        return conversation


def _rostered(roster: Roster) -> dict[str, Any]:
    return {"roster": stored_roster(roster), "member_ids": list(roster.member_ids)}


def conversation_of(document: Document) -> Conversation:
    """A stored conversation; of a group with the roster that its lists know."""
    id, created_at = document["_id"], document["created_at"]
    kind = ConversationKind(document.get("kind", ConversationKind.PAIR))
    if kind is ConversationKind.PAIR:
        return Conversation(id, tuple(document["member_ids"]), created_at)
    plain = Conversation(id, (), created_at, kind, circle_id=document["circle_id"])
    return plain.under(roster_of(document["roster"]))
