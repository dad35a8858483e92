"""The database of community: its collections and what leads to them.

Whatever is told to others is one document with its events and one write. Every number (of a member
in a circle, of a comment on a post) is guarded by a unique index; circle and post only remember the
highest.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from common import outbox
from common.clock import Clock, SystemClock
from common.mongo import ASCENDING, Database, IndexModel
from erasure.eraser import INDEXES as ERASURE_INDEXES

from community.adapters import mongo_blocks, mongo_cases, mongo_connections, mongo_resources
from community.adapters.mongo_cases import MongoCases
from community.adapters.mongo_circles import MongoCircles, MongoMemberships
from community.adapters.mongo_connections import MongoConnections, MongoMembers
from community.adapters.mongo_posts import MongoComments, MongoPosts
from community.adapters.mongo_resources import MongoResources
from community.adapters.reach import Reach
from community.application.ports import Network


def _index(name: str, *fields: str, unique: bool = False) -> IndexModel:
    keys = [("network_id", ASCENDING), *((field, ASCENDING) for field in fields)]
    return IndexModel(keys, name=name, unique=unique)


INDEXES: dict[str, list[IndexModel]] = {
    "circles": [
        _index("once", "founder_id", "request_id", unique=True),
        _index("page", "_id"),
        outbox.INDEX,
    ],
    "memberships": [
        _index("place", "circle_id", "number", unique=True),
        _index("inside", "member_id", "left_at"),
        outbox.INDEX,
    ],
    "posts": [
        _index("once", "author_id", "request_id", unique=True),
        _index("page", "circle_id", "_id"),
        outbox.INDEX,
    ],
    "comments": [
        _index("once", "author_id", "request_id", unique=True),
        _index("place", "post_id", "number", unique=True),
        outbox.INDEX,
    ],
    "cases": mongo_cases.INDEXES,
    mongo_connections.COLLECTION: mongo_connections.INDEXES,
    "members": [],
    mongo_blocks.COLLECTION: mongo_blocks.INDEXES,
    mongo_resources.COLLECTION: mongo_resources.INDEXES,
    **ERASURE_INDEXES,
}
TOLD = [
    "posts", "comments", "circles", "memberships", mongo_connections.COLLECTION, "cases",
    mongo_resources.COLLECTION,
]  # fmt: skip
"""The collections with an outbox: posts first, so that no comment is told before its post."""


class MongoNetworks:
    """Implements ports.Networks; `wake` tells the relay that events wait."""

    def __init__(
        self, database: Database, wake: Callable[[], None], clock: Clock | None = None
    ) -> None:
        self._database = database
        self._wake = wake
        self._reach = Reach()
        self._clock = clock or SystemClock()

    def cases(self, network_id: UUID) -> MongoCases:
        """See ports_cases.CasesOf."""
        return MongoCases(self._database.collection("cases", network_id), self._wake)

    def of(self, network_id: UUID) -> Network:
        """See ports.Networks."""
        collection = self._database.collection
        return Network(
            id=network_id,
            circles=MongoCircles(collection("circles", network_id), self._wake),
            memberships=MongoMemberships(collection("memberships", network_id), self._wake),
            posts=MongoPosts(collection("posts", network_id), self._reach, self._wake),
            comments=MongoComments(collection("comments", network_id), self._wake),
            connections=MongoConnections(
                collection(mongo_connections.COLLECTION, network_id), self._wake
            ),
            members=MongoMembers(collection("members", network_id)),
            blocks=mongo_blocks.MongoBlocks(
                collection(mongo_blocks.COLLECTION, network_id),
                collection("members", network_id),
                self._clock,
            ),
            resources=MongoResources(
                collection(mongo_resources.COLLECTION, network_id), self._wake
            ),
        )
