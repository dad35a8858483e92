"""The database of messaging: conversations, the members known from identity, and what leads to all
of one network."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from uuid import UUID

from common import outbox
from common.clock import Clock, SystemClock
from common.mongo import (
    ASCENDING,
    DESCENDING,
    Database,
    DuplicateKeyError,
    IndexModel,
)
from common.mongo import Collection as Scoped
from erasure.eraser import INDEXES as ERASURE_INDEXES
from erasure.tombstones import LetGo

from messaging.adapters import (
    mongo_availability,
    mongo_blocks,
    mongo_contacts,
    mongo_presences,
    mongo_seats,
    mongo_ties,
    mongo_touches,
)
from messaging.adapters.changes import TRACES
from messaging.adapters.conversation_keys import INDEXES as KEY_INDEXES
from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.group_commit import GroupCommit
from messaging.adapters.mongo_conversations import MongoConversations
from messaging.adapters.mongo_imports import COLLECTION as IMPORTS
from messaging.adapters.mongo_imports import INDEXES as IMPORT_INDEXES
from messaging.adapters.mongo_imports import MongoImports
from messaging.adapters.mongo_marks import CHOICES, MARKS, MongoMarks, MongoReceiptChoices
from messaging.adapters.mongo_marks import INDEXES as MARK_INDEXES
from messaging.adapters.mongo_messages import PLACE, MongoMessages, Offer, Room
from messaging.adapters.mongo_reports import INDEXES as REPORT_INDEXES
from messaging.adapters.mongo_reports import REPORTS, MongoReports
from messaging.adapters.read_together import ReadTogether
from messaging.application.ports import Network
from messaging.application.ports_sides import Sides
from messaging.domain.conversation import Conversation

INDEXES = {
    "conversations": [
        IndexModel(
            [("network_id", ASCENDING), ("member_ids", ASCENDING), ("opened_id", DESCENDING)],
            name="of_member",
        ),
        IndexModel(
            [("network_id", ASCENDING), ("past_ids", ASCENDING), ("opened_id", DESCENDING)],
            name="of_past_member",
        ),
        *KEY_INDEXES,
    ],
    "messages": [
        IndexModel(
            [("network_id", ASCENDING), ("conversation_id", ASCENDING), ("sequence", ASCENDING)],
            name=PLACE, unique=True,
        ),
        IndexModel(
            [("network_id", ASCENDING), ("conversation_id", ASCENDING),
             ("sender_id", ASCENDING), ("client_message_id", ASCENDING)],
            name="once", unique=True,
        ),
        # For finding rows: the local database asks no compound or partial index for a range.
        IndexModel([("import_key", ASCENDING)], name="imported", sparse=True),
        outbox.INDEX,
        TRACES,
    ],
    "members": [],
    mongo_seats.COLLECTION: mongo_seats.INDEXES,
    mongo_availability.COLLECTION: mongo_availability.INDEXES,
    mongo_blocks.COLLECTION: mongo_blocks.INDEXES,
    mongo_presences.COLLECTION: mongo_presences.INDEXES,
    mongo_touches.COLLECTION: mongo_touches.INDEXES,
    **mongo_contacts.INDEXES,
    **mongo_ties.INDEXES,
    **MARK_INDEXES,
    **REPORT_INDEXES,
    IMPORTS: IMPORT_INDEXES,
    **ERASURE_INDEXES,
}  # fmt: skip


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

    async def remove(self, member_id: UUID) -> None:
        """Nobody can begin to write to her any more."""
        await self._collection.delete_many({"_id": member_id})


class Networks:
    """Makes the ports of one network."""

    def __init__(
        self, database: Database, keys: ConversationKeys, offer: Offer, room: Room | None = None,
        unsure: Callable[[str], None] = lambda name: None, clock: Clock | None = None,
    ) -> None:  # fmt: skip
        """`offer` is told what was stored, `unsure` of which collection something else was or may
        have been; `room` returns when much more may be."""
        self._database = database
        self._keys = keys
        self._offer = offer
        self._room = room
        self._unsure = unsure
        self._writer = GroupCommit(database, "messages", offer, partial(unsure, "messages"))
        self._clock = clock or SystemClock()
        self._seen: dict[UUID, dict[UUID, Conversation]] = {}
        self._settled: dict[UUID, set[UUID]] = {}
        self._blocks: dict[UUID, ReadTogether] = {}
        self._all: dict[UUID, Network] = {}
        self.let_go: LetGo | None = None  # ends what compacted topics keep

    def of(self, network_id: UUID) -> Network:
        """Everything messaging keeps for this network."""
        made = self._all.get(network_id)
        if made is None:
            made = self._all[network_id] = self._of(network_id)
        return made

    def _of(self, network_id: UUID) -> Network:
        seen = self._seen.setdefault(network_id, {})
        collection = self._database.collection
        return Network(
            id=network_id,
            conversations=MongoConversations(
                collection("conversations", network_id), self._keys, seen
            ),
            messages=MongoMessages(
                collection("messages", network_id),
                self._keys,
                self._writer,
                self._offer,
                self._room,
                partial(self._unsure, "messages"),
            ),
            members=self.members(network_id),
            sides=self.sides(network_id),
            marks=MongoMarks(collection(MARKS, network_id), partial(self._unsure, MARKS)),
            choices=MongoReceiptChoices(collection(CHOICES, network_id)),
            reports=MongoReports(
                self._database, network_id, self._keys, partial(self._unsure, REPORTS)
            ),
            presences=mongo_presences.MongoPresences(
                collection(mongo_presences.COLLECTION, network_id)
            ),
            touches=mongo_touches.MongoTouches(collection(mongo_touches.COLLECTION, network_id)),
        )

    def forget(self, network_id: UUID) -> None:
        """Read this network's conversations anew: somebody in them was erased."""
        self._all.pop(network_id, None)
        self._seen.pop(network_id, None)
        self._settled.pop(network_id, None)
        self._keys.forget(network_id)

    def imports(self, network_id: UUID) -> MongoImports:
        """Where this network keeps that histories were brought in."""
        return MongoImports(
            self._database.collection(IMPORTS, network_id), partial(self._unsure, IMPORTS)
        )

    def members(self, network_id: UUID) -> MongoMembers:
        """The members known in this network."""
        return MongoMembers(self._database.collection("members", network_id))

    def sides(self, network_id: UUID) -> Sides:
        """What each member of this network has for herself."""
        settled = self._settled.setdefault(network_id, set())
        of = self._database.collection
        blocks = of(mongo_blocks.COLLECTION, network_id)
        return Sides(
            mongo_seats.MongoSeats(
                of(mongo_seats.COLLECTION, network_id),
                settled,
                partial(self._unsure, mongo_seats.COLLECTION),
            ),
            mongo_contacts.MongoRules(of(mongo_contacts.RULES, network_id)),
            self.ties(network_id),
            mongo_blocks.MongoBlocks(
                blocks,
                self._blocks_of(network_id, blocks),
                partial(self._unsure, mongo_blocks.COLLECTION),
                self.let_go,
            ),
            mongo_availability.MongoAvailabilities(of(mongo_availability.COLLECTION, network_id)),
        )

    def _blocks_of(self, network_id: UUID, collection: Scoped) -> ReadTogether:
        found = self._blocks.get(network_id)
        if found is None:
            found = self._blocks[network_id] = ReadTogether(collection)
        return found

    def ties(self, network_id: UUID) -> mongo_ties.MongoTies:
        """What ties members of this network."""
        of = self._database.collection
        return mongo_ties.MongoTies(
            of(mongo_ties.PLACES, network_id), of(mongo_ties.PAIRS, network_id),
            of("members", network_id), self._clock,
        )  # fmt: skip
