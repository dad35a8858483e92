"""Circles and memberships in the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from uuid import UUID

from common import outbox
from common.ids import named_id
from common.mongo import ASCENDING, DESCENDING, Collection, Document, DuplicateKeyError

from community.adapters.deeds import of_circle
from community.application.ports import Taken
from community.domain.circle import Circle, Membership


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


class MongoMemberships:
    """Implements ports.Memberships; the id of a membership follows from circle and member, so
    looking it up is the cheapest query there is."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def add(self, membership: Membership) -> None:
        """See ports.Memberships."""
        id = _id(membership.circle_id, membership.member_id)
        try:
            await self._collection.insert_one({"_id": id, **asdict(membership)})
        except DuplicateKeyError as error:
            raise Taken from error

    async def get(self, circle_id: UUID, member_id: UUID) -> Membership | None:
        """See ports.Memberships."""
        document = await self._collection.find_one({"_id": _id(circle_id, member_id)})
        if document is None:
            return None
        return Membership(
            document["circle_id"], document["member_id"], document["number"], document["joined_at"]
        )

    async def remove(self, circle_id: UUID, member_id: UUID) -> None:
        """See ports.Memberships."""
        await self._collection.delete_many({"_id": _id(circle_id, member_id)})

    async def circles_of(self, member_id: UUID) -> Sequence[UUID]:
        """See ports.Memberships."""
        found = await self._collection.find(
            {"member_id": member_id}, sort=[("_id", ASCENDING)], limit=0,
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


def _id(circle_id: UUID, member_id: UUID) -> UUID:
    return named_id(circle_id, "member", member_id)


def _circle(document: Document | None) -> Circle | None:
    if document is None:
        return None
    return Circle(
        id=document["_id"], founder_id=document["founder_id"],
        display_name=document["display_name"], purpose=document["purpose"],
        request_id=document["request_id"], created_at=document["created_at"],
        member_count=document["member_count"],
    )  # fmt: skip
