"""Messages in MongoDB: a message and its events are one document and one write, whose place is
guarded by the unique index on (network, conversation, sequence). Words are stored sealed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

from common import outbox
from common.errors import Unavailable
from common.mongo import ASCENDING, DESCENDING, BulkWriteError, Document, DuplicateKeyError
from common.mongo import Collection as Scoped

from messaging.adapters import changes
from messaging.adapters.changes import as_before, change_of
from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.group_commit import GroupCommit
from messaging.adapters.message_documents import TAIL, document_of, opened, tail_of
from messaging.adapters.rosters import roster_of
from messaging.application.ports import ImportedRow, Taken
from messaging.domain.conversation import Conversation
from messaging.domain.message import Message, Placed, Tail
from messaging.domain.reaction import Reaction
from messaging.domain.roster import Roster

_UNIQUE = (11000, 11001)
PLACE = "place"  # the index; not every local server finds it for what is not equal
_LAST = 2**63 - 1  # the greatest whole number the database knows
SHOWN = {"outbox": 0, "earlier": 0}
Offer = Callable[[Sequence[Document]], None]
Room = Callable[[], Awaitable[None]]


class MongoMessages:
    """Implements ports.Messages."""

    def __init__(
        self, collection: Scoped, keys: ConversationKeys, writer: GroupCommit, offer: Offer,
        room: Room | None = None, unsure: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._collection = collection
        self._keys = keys
        self._writer = writer
        self._offer = offer
        self._room = room
        self._unsure = unsure

    async def tail(self, conversation_id: UUID) -> Tail | None:
        """See ports.Messages."""
        document = await self._collection.find_one(
            {"conversation_id": conversation_id}, TAIL, sort=[("sequence", DESCENDING)]
        )
        return tail_of(document) if document else None

    async def add(self, conversation: Conversation, placed: Placed) -> None:
        """See ports.Messages."""
        seal = await self._keys.of(self._collection.network_id, conversation.id)
        try:
            await self._writer.insert(
                document_of(self._collection.network_id, conversation, placed, seal)
            )
        except DuplicateKeyError as error:
            raise Taken from error

    async def room(self) -> None:
        """See ports.Messages."""
        if self._room is not None:
            await self._room()

    async def add_imported(self, rows: Sequence[ImportedRow]) -> None:
        """See ports.Messages."""
        network_id, ids = self._collection.network_id, {row.conversation.id for row in rows}
        seals = await self._keys.of_all(network_id, ids)
        documents = [
            {
                **document_of(network_id, row.conversation, row.placed, seals[row.conversation.id]),
                "import_key": f"{network_id}:{row.key}",
            }
            for row in rows
        ]
        try:
            await self._collection.insert_many(documents, ordered=True)
        except BulkWriteError as error:
            refused = duplicates_if_all(error)
            if not refused:
                self._unsure()
                raise
            self._offer(documents[: refused[0]])
            raise Taken(refused[0]) from error
        except Exception:
            self._unsure()  # some may be stored, and nobody else would look for their events soon
            raise
        self._offer(documents)

    async def by_client_id(
        self, conversation_id: UUID, sender_id: UUID, client_message_id: str
    ) -> Message | None:
        """See ports.Messages."""
        document = await self._collection.find_one({
            "conversation_id": conversation_id, "sender_id": sender_id,
            "client_message_id": client_message_id,
        })  # fmt: skip
        return (await self._opened([document]))[0] if document else None

    async def get(self, conversation_id: UUID, message_id: UUID) -> Message | None:
        """See ports.Messages."""
        wanted = {"_id": message_id, "conversation_id": conversation_id}
        document = await self._collection.find_one(wanted, SHOWN)
        return (await self._opened([document]))[0] if document else None

    async def change(self, conversation: Conversation, before: Message, after: Message) -> bool:
        """See ports.Messages."""
        network_id, unchanged = self._collection.network_id, as_before(before)
        seal = await self._keys.of(network_id, conversation.id)
        update = change_of(network_id, conversation, before, after, seal)
        return await self._update(unchanged, update)

    async def react(
        self, conversation: Conversation, message: Message, reaction: Reaction, at: datetime
    ) -> bool:
        """See ports.Messages."""
        network_id = self._collection.network_id
        return await self._update(
            *changes.reacting(network_id, conversation, message, reaction, at)
        )

    async def unreact(
        self, conversation: Conversation, message: Message, reaction: Reaction, at: datetime
    ) -> bool:
        """See ports.Messages."""
        network_id = self._collection.network_id
        return await self._update(
            *changes.unreacting(network_id, conversation, message, reaction, at)
        )

    async def _update(self, before: Document, update: Document) -> bool:
        if await self._collection.update_one({**before, **outbox.ROOM}, update):
            self._unsure()
            return True
        if await self._collection.find_one(before, {"_id": 1}) is not None:
            raise Unavailable("too much of this message waits to be published; try again later")
        return False

    async def imported(self, first: str, last: str) -> dict[str, Message]:
        """See ports.Messages."""
        prefix = f"{self._collection.network_id}:"
        wanted = {"import_key": {"$gte": prefix + first, "$lte": prefix + last}}
        found = await self._collection.find(
            wanted, sort=[("import_key", ASCENDING)], limit=0, projection=SHOWN
        )
        keys = [document["import_key"].removeprefix(prefix) for document in found]
        return dict(zip(keys, await self._opened(found), strict=True))

    async def roster_at(self, conversation_id: UUID, sequence: int) -> Roster | None:
        """See ports.Messages."""
        wanted = {"conversation_id": conversation_id, "sequence": sequence}
        found = await self._collection.find_one(wanted, {"notice.roster": 1})
        return roster_of(found["notice"]["roster"]) if found and "notice" in found else None

    async def after(self, conversation_id: UUID, sequence: int, limit: int) -> Sequence[Message]:
        """See ports.Messages."""
        found = await self._collection.find(
            {
                "conversation_id": conversation_id,
                # gapless: just these
                "sequence": {"$gt": sequence, "$lte": min(sequence + limit, _LAST)},
            },
            sort=[("sequence", ASCENDING)], limit=limit, projection=SHOWN,
        )  # fmt: skip
        return await self._opened(found)

    async def before(
        self, conversation_id: UUID, sequence: int | None, limit: int
    ) -> Sequence[Message]:
        """See ports.Messages."""
        if sequence is None:
            return await self._newest(conversation_id, {}, limit)
        first = max(sequence - limit, 1)  # gapless: just these, unless it lies beyond the end
        found = await self._newest(conversation_id, {"$gte": first, "$lt": sequence}, limit)
        if len(found) < sequence - first:
            return await self._newest(conversation_id, {"$lt": sequence}, limit)
        return found

    async def unread(
        self, conversation_id: UUID, member_id: UUID, after: int, upto: int, limit: int
    ) -> int:
        """See ports.Messages."""
        found = await self._collection.find(
            _of_others(conversation_id, member_id, after, upto), sort=[("sequence", ASCENDING)],
            limit=limit, projection={"_id": 1}, hint=PLACE,
        )  # fmt: skip
        return len(found)

    async def newest_of_others(
        self, conversation_id: UUID, member_id: UUID, after: int, upto: int
    ) -> UUID | None:
        """See ports.Messages."""
        found = await self._collection.find(
            _of_others(conversation_id, member_id, after, upto), sort=[("sequence", DESCENDING)],
            limit=1, projection={"sender_id": 1}, hint=PLACE,
        )  # fmt: skip
        return found[0]["sender_id"] if found else None

    async def _newest(
        self, conversation_id: UUID, sequences: Document, limit: int
    ) -> Sequence[Message]:
        wanted: Document = {"conversation_id": conversation_id}
        if sequences:
            wanted["sequence"] = sequences
        found = await self._collection.find(
            wanted, sort=[("sequence", DESCENDING)], limit=limit, projection=SHOWN
        )
        return await self._opened(found)

    async def _opened(self, documents: Sequence[Document]) -> list[Message]:
        return await opened(self._keys, self._collection.network_id, documents)


def duplicates(error: BulkWriteError) -> list[int]:
    """Indexes of the documents a unique index refused; any other failure is raised."""
    found = duplicates_if_all(error)
    if not found:
        raise error
    return found


def duplicates_if_all(error: BulkWriteError) -> list[int]:
    """Ascending indexes of the documents a unique index refused; empty if anything else failed,
    and so nobody knows what was stored."""
    failures = error.details.get("writeErrors", [])
    uncertain = error.details.get("writeConcernErrors")
    if uncertain or any(failure.get("code") not in _UNIQUE for failure in failures):
        return []
    return sorted(failure["index"] for failure in failures)


def _of_others(conversation_id: UUID, member_id: UUID, after: int, upto: int) -> Document:
    """Messages of others that still have words; also those that are withheld from her."""
    return {
        "conversation_id": conversation_id, "sequence": {"$gt": after, "$lte": min(upto, _LAST)},
        "sender_id": {"$ne": member_id}, "text": {"$ne": ""},
    }  # fmt: skip
