"""The database of programs: its indexes, programs, cohorts, the members known from identity, and
the way to all of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from common import mongo, outbox
from common.clock import from_epoch_millis
from common.mongo import (
    ASCENDING,
    DESCENDING,
    Database,
    Document,
    DuplicateKeyError,
    IndexModel,
)
from erasure.eraser import INDEXES as ERASURE_INDEXES

from programs.adapters.deeds import CREATE_COHORT, CREATE_PROGRAM, of_deed
from programs.adapters.mongo_enrollments import MongoEnrollments
from programs.application.ports import Network
from programs.domain.cohort import Cohort
from programs.domain.program import Definition, Program, Step, StepKind
from programs.domain.request import Request

_REQUEST = IndexModel(
    [("network_id", ASCENDING), ("author_id", ASCENDING), ("request_id", ASCENDING)],
    name="request", unique=True,
)  # fmt: skip
INDEXES: dict[str, list[IndexModel]] = {
    "programs": [
        _REQUEST, IndexModel([("network_id", ASCENDING), ("_id", ASCENDING)], name="page"),
        outbox.INDEX,
    ],
    "cohorts": [_REQUEST, outbox.INDEX],
    "enrollments": [
        IndexModel(
            [("network_id", ASCENDING), ("cohort_id", ASCENDING), ("member_id", ASCENDING)],
            name="seat", unique=True,
        ),
        IndexModel(
            [("network_id", ASCENDING), ("member_id", ASCENDING), ("_id", DESCENDING)],
            name="of_member",
        ),
        outbox.INDEX,
    ],
    "members": [],
    **ERASURE_INDEXES,
}  # fmt: skip


TOLD = ["enrollments", "programs", "cohorts"]
"""The collections with an outbox."""


class MongoPrograms:
    """Implements ports.Programs; `wake` tells the relay that an event waits."""

    def __init__(self, collection: mongo.Collection, wake: Callable[[], None]) -> None:
        self._collection = collection
        self._wake = wake

    async def add(self, program: Program, request: Request) -> Program:
        """See ports.Programs."""
        definition = program.definition
        earlier = await _insert(self._collection, request, {
            "_id": program.id, "display_name": definition.display_name, "weeks": definition.weeks,
            "steps": [asdict(step) for step in definition.steps], "created_at": program.created_at,
        }, CREATE_PROGRAM, program.created_at)  # fmt: skip
        self._wake()
        return _program(earlier) if earlier else program

    async def get(self, id: UUID) -> Program | None:
        """See ports.Programs."""
        document = await self._collection.find_one({"_id": id})
        return _program(document) if document else None

    async def page(self, after: UUID | None, size: int) -> Sequence[Program]:
        """See ports.Programs."""
        wanted = {"_id": {"$gt": after}} if after else {}
        found = await self._collection.find(wanted, sort=[("_id", ASCENDING)], limit=size)
        return [_program(document) for document in found]


class MongoCohorts:
    """Implements ports.Cohorts; `wake` tells the relay that an event waits."""

    def __init__(self, collection: mongo.Collection, wake: Callable[[], None]) -> None:
        self._collection = collection
        self._wake = wake

    async def add(self, cohort: Cohort, request: Request) -> Cohort:
        """See ports.Cohorts."""
        fields = asdict(cohort)
        document = {"_id": fields.pop("id"), **fields}
        at = from_epoch_millis(cohort.id.int >> 80)  # when it was made, as its id says (UUIDv7)
        earlier = await _insert(self._collection, request, document, CREATE_COHORT, at)
        self._wake()
        return _cohort(earlier) if earlier else cohort

    async def get(self, id: UUID) -> Cohort | None:
        """See ports.Cohorts."""
        document = await self._collection.find_one({"_id": id})
        return _cohort(document) if document else None


class MongoMembers:
    """Implements ports.Members."""

    def __init__(self, collection: mongo.Collection) -> None:
        self._collection = collection

    async def add(self, member_id: UUID) -> None:
        """See ports.Members."""
        try:
            await self._collection.insert_one({"_id": member_id})
        except DuplicateKeyError:
            return

    async def remove(self, member_id: UUID) -> None:
        """See ports.Members."""
        await self._collection.delete_many({"_id": member_id})

    async def unknown(self, member_ids: Collection[UUID]) -> set[UUID]:
        """See ports.Members."""
        wanted = list(member_ids)
        found = await self._collection.find(
            {"_id": {"$in": wanted}}, sort=[("_id", ASCENDING)], limit=max(len(wanted), 1),
            projection={"_id": 1},
        )  # fmt: skip
        return set(wanted) - {document["_id"] for document in found}


class MongoNetworks:
    """Implements ports.Networks; `wake` tells the relay that events wait."""

    def __init__(self, database: Database, wake: Callable[[], None]) -> None:
        self._database = database
        self._wake = wake

    def of(self, network_id: UUID) -> Network:
        """See ports.Networks."""

        def named(name: str) -> mongo.Collection:
            return self._database.collection(name, network_id)

        return Network(
            programs=MongoPrograms(named("programs"), self._wake),
            cohorts=MongoCohorts(named("cohorts"), self._wake),
            enrollments=MongoEnrollments(named("enrollments"), self._wake),
            members=MongoMembers(named("members")),
        )  # fmt: skip


async def _insert(
    collection: mongo.Collection, request: Request, document: Document, action: str, at: datetime
) -> Document | None:
    """Store what a request makes, with who made it; None, or the document it made before."""
    told = outbox.fields(of_deed(collection.network_id, action, request.author_id, at))
    key = {"author_id": request.author_id, "request_id": request.id}
    try:
        await collection.insert_one({**document, **key, **told})
    except DuplicateKeyError:
        earlier = await collection.find_one(key)
        if earlier is None:
            raise
        return earlier
    return None


def _program(document: Document) -> Program:
    steps = tuple(
        Step(step["id"], step["week"], StepKind(step["kind"]), step["title"])
        for step in document["steps"]
    )
    definition = Definition(document["display_name"], document["weeks"], steps)
    return Program(document["_id"], definition, document["created_at"])


def _cohort(document: Document) -> Cohort:
    return Cohort(
        document["_id"], document["program_id"], document["display_name"], document["start_at"]
    )
