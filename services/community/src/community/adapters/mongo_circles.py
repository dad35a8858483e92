"""Circles and memberships in the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from uuid import UUID

from common import outbox
from common.ids import named_id
from common.mongo import ASCENDING, DESCENDING, Collection, Document, DuplicateKeyError

from community.adapters import tie_events as events
from community.adapters.deeds import of_circle
from community.adapters.writing import NO_OUTBOX, Wake, insert, save_next
from community.application.ports import Taken
from community.domain.circle import Circle, Counted, Membership


class MongoCircles:
    """Implements ports.Circles; `wake` tells the relay that an event waits."""

    def __init__(self, collection: Collection, wake: Callable[[], None]) -> None:
        self._collection = collection
        self._wake = wake

    async def add(self, circle: Circle) -> None:
        """See ports.Circles."""
        document = asdict(circle)
        waiting = outbox.fields(of_circle(self._collection.network_id, circle))
        try:
            await self._collection.insert_one({"_id": document.pop("id"), **document, **waiting})
        except DuplicateKeyError as error:
            raise Taken from error
        finally:  # also when nobody knows whether it was stored
            self._wake()

    async def get(self, id: UUID) -> Circle | None:
        """See ports.Circles."""
        return _circle(await self._collection.find_one({"_id": id}))

    async def by_request(self, founder_id: UUID, request_id: str) -> Circle | None:
        """See ports.Circles."""
        wanted = {"founder_id": founder_id, "request_id": request_id}
        return _circle(await self._collection.find_one(wanted))

    async def page(self, after: UUID | None, limit: int) -> Sequence[Circle]:
        """See ports.Circles."""
        wanted = {"_id": {"$gt": after}} if after else {}
        found = await self._collection.find(wanted, sort=[("_id", ASCENDING)], limit=limit)
        return [circle for circle in map(_circle, found) if circle]

    async def count_up(self, id: UUID, number: int) -> None:
        """See ports.Circles."""
        await self._collection.update_one({"_id": id}, {"$max": {"member_count": number}})

    async def count_left(self, circle: Circle, more: int, counted: Counted) -> None:
        """See ports.Circles."""
        known = circle.left_count or {"$in": [0, None]}  # circles of before have none
        as_read = {"_id": circle.id, "left_count": known, "counted": None}
        after = {"left_count": circle.left_count + more, "counted": asdict(counted)}
        await self._collection.update_one(as_read, {"$set": after})

    async def settle(self, id: UUID, counted: Counted) -> None:
        """See ports.Circles."""
        named = {f"counted.{field}": value for field, value in asdict(counted).items()}
        await self._collection.update_one({"_id": id, **named}, {"$set": {"counted": None}})


class MongoMemberships:
    """Implements ports.Memberships; the id of a membership follows from circle and member, so
    looking it up is the cheapest query there is."""

    def __init__(self, collection: Collection, wake: Wake) -> None:
        self._collection = collection
        self._wake = wake

    async def add(self, membership: Membership) -> None:
        """See ports.Memberships."""
        id = membership_id(membership.circle_id, membership.member_id)
        told = outbox.fields(events.of_membership(self._collection.network_id, id, membership))
        await insert(self._collection, {"id": id, **asdict(membership)}, told, self._wake)

    async def get(self, circle_id: UUID, member_id: UUID) -> Membership | None:
        """See ports.Memberships."""
        wanted = {"_id": membership_id(circle_id, member_id)}
        document = await self._collection.find_one(wanted, NO_OUTBOX)
        return _membership(document) if document else None

    async def save(self, membership: Membership) -> None:
        """See ports.Memberships."""
        id = membership_id(membership.circle_id, membership.member_id)
        told = events.of_membership(self._collection.network_id, id, membership)
        state = asdict(membership)
        del state["counted"]  # `mark_counted` alone says so, also of a place that changes meanwhile
        await save_next(self._collection, id, state, told, self._wake)

    async def mark_counted(self, circle_id: UUID, counted: Counted) -> None:
        """See ports.Memberships."""
        id = membership_id(circle_id, counted.member_id)
        await self._collection.update_one({"_id": id}, {"$max": {"counted": counted.departures}})

    async def circles_of(self, member_id: UUID) -> Sequence[UUID]:
        """See ports.Memberships."""
        found = await self._collection.find(
            {"member_id": member_id, "left_at": None}, sort=[("_id", ASCENDING)], limit=0,
            projection={"circle_id": 1},
        )  # fmt: skip
        return [document["circle_id"] for document in found]

    async def last_number(self, circle_id: UUID, known: int) -> int:
        """See ports.Memberships."""
        beyond = {"circle_id": circle_id, "number": {"$gt": known}}
        return await highest(self._collection, beyond) or known


async def highest(collection: Collection, beyond: Document) -> int | None:
    """The highest number of the documents matched; None if there are none."""
    document = await collection.find_one(beyond, {"number": 1}, sort=[("number", DESCENDING)])
    return document["number"] if document else None


def membership_id(circle_id: UUID, member_id: UUID) -> UUID:
    """The id of a member's place in a circle."""
    return named_id(circle_id, "member", member_id)


def _membership(document: Document) -> Membership:
    return Membership(
        document["circle_id"], document["member_id"], document["number"], document["joined_at"],
        document.get("version", 0), document.get("departures", 0), document.get("left_at"),
        document.get("counted", 0),
    )  # fmt: skip


def _circle(document: Document | None) -> Circle | None:
    if document is None:
        return None
    counted = document.get("counted")
    return Circle(
        id=document["_id"], founder_id=document["founder_id"],
        display_name=document["display_name"], purpose=document["purpose"],
        request_id=document["request_id"], created_at=document["created_at"],
        member_count=document["member_count"], left_count=document.get("left_count", 0),
        counted=Counted(**counted) if counted else None,
    )  # fmt: skip
