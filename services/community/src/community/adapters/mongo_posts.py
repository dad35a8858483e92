"""Posts and comments in the database, each with its events in its own document."""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from common import outbox
from common.mongo import ASCENDING, DESCENDING, Collection, Document

from community.adapters import events
from community.adapters.mongo_circles import highest
from community.adapters.reach import Reach
from community.adapters.writing import NO_OUTBOX, Wake, insert
from community.domain.post import Comment, Intent, Post


class MongoPosts:
    """Implements ports.Posts."""

    def __init__(self, collection: Collection, reach: Reach, wake: Wake) -> None:
        self._collection = collection
        self._reach = reach
        self._wake = wake

    async def add(self, post: Post) -> None:
        """See ports.Posts."""
        told = outbox.fields(events.of_post(self._collection.network_id, post))
        await insert(self._collection, asdict(post), told, self._wake)

    async def get(self, id: UUID) -> Post | None:
        """See ports.Posts."""
        document = await self._collection.find_one({"_id": id}, NO_OUTBOX)
        return _post(document) if document else None

    async def get_all(self, ids: Some[UUID]) -> Sequence[Post]:
        """See ports.Posts."""
        wanted = {"_id": {"$in": list(ids)}}
        found = await self._collection.find(
            wanted, sort=[("_id", ASCENDING)], limit=max(len(ids), 1), projection=NO_OUTBOX
        )
        return list(map(_post, found))

    async def by_request(self, author_id: UUID, request_id: str) -> Post | None:
        """See ports.Posts."""
        wanted = {"author_id": author_id, "request_id": request_id}
        document = await self._collection.find_one(wanted, NO_OUTBOX)
        return _post(document) if document else None

    async def page(self, circle_id: UUID, before: UUID | None, limit: int) -> Sequence[Post]:
        """See ports.Posts."""
        found: list[Document] = []
        for low, high in self._reach.ranges(circle_id, before, limit):
            found += await self._between(circle_id, low, high, limit - len(found))
            if len(found) == limit:
                break
        if before is None and len(found) == limit:
            self._reach.learn(circle_id, found[0]["_id"], found[-1]["_id"], limit)
        return list(map(_post, found))

    async def count_up(self, id: UUID, number: int) -> None:
        """See ports.Posts."""
        await self._collection.update_one({"_id": id}, {"$max": {"comment_count": number}})

    async def _between(
        self, circle_id: UUID, low: UUID, high: UUID | None, limit: int
    ) -> list[Document]:
        ids = {"$gte": low} if high is None else {"$gte": low, "$lt": high}
        return await self._collection.find(
            {"circle_id": circle_id, "_id": ids}, sort=[("_id", DESCENDING)], limit=limit,
            projection=NO_OUTBOX,
        )  # fmt: skip


class MongoComments:
    """Implements ports.Comments."""

    def __init__(self, collection: Collection, wake: Wake) -> None:
        self._collection = collection
        self._wake = wake

    async def add(self, post: Post, comment: Comment) -> None:
        """See ports.Comments."""
        told = outbox.fields(events.of_comment(self._collection.network_id, post, comment))
        await insert(self._collection, asdict(comment), told, self._wake)

    async def by_request(self, author_id: UUID, request_id: str) -> Comment | None:
        """See ports.Comments."""
        wanted = {"author_id": author_id, "request_id": request_id}
        document = await self._collection.find_one(wanted, NO_OUTBOX)
        return _comment(document) if document else None

    async def page(self, post_id: UUID, after: int, limit: int) -> Sequence[Comment]:
        """See ports.Comments."""
        numbers = {"$gt": after, "$lte": after + limit}  # without gaps: just these
        found = await self._collection.find(
            {"post_id": post_id, "number": numbers}, sort=[("number", ASCENDING)], limit=limit,
            projection=NO_OUTBOX,
        )  # fmt: skip
        return list(map(_comment, found))

    async def last_number(self, post_id: UUID, known: int) -> int:
        """See ports.Comments."""
        beyond = {"post_id": post_id, "number": {"$gt": known}}
        return await highest(self._collection, beyond) or known


def _post(document: Document) -> Post:
    return Post(
        id=document["_id"], circle_id=document["circle_id"], author_id=document["author_id"],
        intent=Intent(document["intent"]), text=document["text"],
        request_id=document["request_id"], created_at=document["created_at"],
        comment_count=document["comment_count"],
    )  # fmt: skip


def _comment(document: Document) -> Comment:
    return Comment(
        id=document["_id"], post_id=document["post_id"], author_id=document["author_id"],
        number=document["number"], text=document["text"], request_id=document["request_id"],
        created_at=document["created_at"],
    )  # fmt: skip
