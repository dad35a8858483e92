"""Seats in the database, one document for each member's side of a conversation.

Its id follows from conversation and member, so nobody has two. It is looked for by the
conversation, where a stand-in takes the place of somebody who has gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Collection as Some
from uuid import UUID

from common import outbox
from common.errors import ConcurrentUpdate, Unavailable
from common.ids import named_id, new_id
from common.mongo import ASCENDING, DESCENDING, Collection, Document, DuplicateKeyError, IndexModel
from common.outbox import Outgoing

from messaging.adapters import due
from messaging.domain.conversation import Conversation
from messaging.domain.seat import Mute, Seat, Standing

COLLECTION = "seats"
MOST_SETTLED = 100_000
INDEXES = [
    IndexModel(
        [("network_id", ASCENDING), ("conversation_id", ASCENDING), ("member_id", ASCENDING)],
        name="of_conversation",
    ),
    IndexModel(
        [("network_id", ASCENDING), ("member_id", ASCENDING), ("standing", ASCENDING),
         ("made_id", DESCENDING)],
        name="of_member",
    ),
    outbox.INDEX,
]  # fmt: skip


class MongoSeats:
    """Implements ports_sides.Seats; `settled` are the conversations known to be agreed to."""

    def __init__(
        self, collection: Collection, settled: set[UUID], wake: Callable[[], None]
    ) -> None:
        """`wake` is called when something may wait to be published."""
        self._collection = collection
        self._wake = wake
        self._settled = settled

    async def settled(self, conversation_id: UUID) -> bool:
        """See ports_sides.Seats."""
        if conversation_id in self._settled:
            return True
        if not all(seat.agreed for seat in await self.of(conversation_id)):
            return False
        if len(self._settled) >= MOST_SETTLED:
            self._settled.clear()
        self._settled.add(conversation_id)
        return True

    async def of(self, conversation_id: UUID) -> Sequence[Seat]:
        """See ports_sides.Seats."""
        found = await self._collection.find(
            {"conversation_id": conversation_id}, sort=[("member_id", ASCENDING)], limit=0
        )
        return [seat_of(document) for document in found]

    async def of_all(self, conversations: Sequence[Conversation]) -> Mapping[UUID, Sequence[Seat]]:
        """See ports_sides.Seats."""
        if not conversations:
            return {}
        ids = [conversation.id for conversation in conversations]
        documents = await self._collection.find(
            {"conversation_id": {"$in": ids}}, sort=[("conversation_id", ASCENDING)], limit=0
        )
        found: dict[UUID, list[Seat]] = {}
        for document in documents:
            found.setdefault(document["conversation_id"], []).append(seat_of(document))
        return found

    async def asked(
        self, member_id: UUID, before: UUID | None, limit: int
    ) -> Sequence[tuple[UUID, Seat]]:
        """See ports_sides.Seats."""
        wanted: Document = {"member_id": member_id, "standing": str(Standing.ASKED)}
        if before is not None:
            wanted["made_id"] = {"$lt": before}
        found = await self._collection.find(wanted, sort=[("made_id", DESCENDING)], limit=limit)
        return [(document["made_id"], seat_of(document)) for document in found]

    async def add(self, seat: Seat) -> bool:
        """See ports_sides.Seats."""
        return await self._insert(seat, ())

    async def save(self, seat: Seat, told: Some[UUID]) -> None:
        """See ports_sides.Seats."""
        news = list(due.conversation(self._collection.network_id, seat.conversation_id, told))
        if seat.version == 1:
            saved = await self._insert(seat, news)
        else:
            before = {"_id": seat_id(seat), "version": seat.version - 1}
            saved = await self._update(before, seat, news)
        if not saved:
            raise ConcurrentUpdate("the seat changed meanwhile; try again")

    async def _insert(self, seat: Seat, news: Iterable[Outgoing]) -> bool:
        made = {"_id": seat_id(seat), "made_id": new_id(), **_state(seat), **outbox.fields(news)}
        try:
            await self._collection.insert_one(made)
        except DuplicateKeyError:
            return False
        finally:
            self._wake()
        return True

    async def _update(self, before: Document, seat: Seat, news: Iterable[Outgoing]) -> bool:
        """Whether it was as `before`. Raises Unavailable if too many events of it wait."""
        try:
            saved = await self._collection.update_one(
                {**before, **outbox.ROOM}, outbox.push(news, _state(seat))
            )
        finally:
            self._wake()
        if not saved and await self._collection.find_one(before, {"_id": 1}) is not None:
            raise Unavailable("events cannot be published at the moment; try again")
        return saved


def seat_id(seat: Seat) -> UUID:
    """It follows from conversation and member."""
    return named_id(seat.conversation_id, "seat", seat.member_id)


def seat_of(document: Document) -> Seat:
    """A stored seat."""
    mute = Mute(document["muted_until"]) if document["muted"] else None
    return Seat(
        document["conversation_id"], document["member_id"], document["changed_at"],
        Standing(document["standing"]), mute, document["left_after"], document["version"],
        document.get("invited", False), document.get("inviter_id"),
    )  # fmt: skip


def _state(seat: Seat) -> Document:
    """Of a pair nothing of invitations."""
    inviting = {"invited": seat.invited, "inviter_id": seat.inviter_id} if seat.inviter_id else {}
    return {
        "conversation_id": seat.conversation_id, "member_id": seat.member_id,
        "standing": str(seat.standing), "muted": seat.mute is not None,
        "muted_until": seat.mute.until if seat.mute is not None else None,
        "left_after": seat.left_after, "changed_at": seat.changed_at, "version": seat.version,
        **inviting,
    }  # fmt: skip
