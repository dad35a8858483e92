"""The only module that knows the database driver (Motor): databases, and collections that
cannot be used without a network.

A repository is given a `Collection`, which exists only for one network: forgetting the scope is
a type error and not a leak. What serves no network (relay, indexes, look-ups before sign-in)
says so by asking for `Database.unscoped`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pymongo
from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo import IndexModel
from pymongo.errors import (
    BulkWriteError,
    CollectionInvalid,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)

Document = dict[str, Any]
Filter = Mapping[str, Any]
Sort = Sequence[tuple[str, int]]
ASCENDING, DESCENDING = pymongo.ASCENDING, pymongo.DESCENDING
CONNECT_MILLIS = 5_000
ANSWER_MILLIS = 30_000
_NAMESPACE_EXISTS = 48
_WRITE_CONFLICT = 112
_LEAVES_THE_SCOPE = {"$lookup", "$graphLookup", "$unionWith", "$out", "$merge"}
__all__ = [
    "ASCENDING", "DESCENDING", "BulkWriteError", "Collection", "Database", "Document",
    "DuplicateKeyError", "IndexModel", "connect", "is_away",
]  # fmt: skip


def is_away(error: BaseException) -> bool:
    """Whether the database could not answer now, so that the same request may succeed later.

    Any other error of the driver is a bug in the request.
    """
    if isinstance(error, ConnectionFailure | ExecutionTimeout | WriteConcernError):
        return True
    if isinstance(error, BulkWriteError):
        return not error.details.get("writeErrors") and bool(error.details)
    if isinstance(error, OperationFailure) and error.code == _WRITE_CONFLICT:
        return True
    return isinstance(error, PyMongoError) and (
        error.has_error_label("RetryableWriteError")
        or error.has_error_label("TransientTransactionError")
    )


class Collection:
    """One collection as one network sees it: every filter and every document carries its id.

    Times are timezone-aware UTC, ids are UUID, both on the way in and out. Whatever names another
    network, or would reach beyond this collection, raises ValueError before anything is sent.
    """

    def __init__(self, raw: AsyncIOMotorCollection[Document], network_id: UUID) -> None:
        self._raw = raw
        self.network_id = network_id

    async def find_one(
        self, filter: Filter, projection: Filter | None = None, sort: Sort | None = None
    ) -> Document | None:
        """The first match, or None."""
        return await self._raw.find_one(self._scoped(filter), projection, sort=sort)

    async def find(
        self, filter: Filter, *, sort: Sort, limit: int, projection: Filter | None = None,
        hint: str | None = None,
    ) -> list[Document]:  # fmt: skip
        """Up to `limit` matches in order; 0 is no limit, for what the filter itself bounds. `hint`
        names the index, where a server would not find it."""
        cursor = self._raw.find(self._scoped(filter), projection).sort(list(sort)).limit(limit)
        if hint is not None:
            cursor.hint(hint)
        return await cursor.to_list(limit or None)

    async def count(self, filter: Filter) -> int:
        """How many match."""
        return await self._raw.count_documents(self._scoped(filter))

    async def insert_one(self, document: Document) -> None:
        """Store a new document. Raises DuplicateKeyError."""
        await self._raw.insert_one(self._scoped(document))

    async def insert_many(self, documents: Sequence[Document], *, ordered: bool = True) -> None:
        """Store new documents. Raises BulkWriteError: ordered, those before the failed are kept."""
        if documents:
            await self._raw.insert_many([self._scoped(item) for item in documents], ordered=ordered)

    async def update_one(self, filter: Filter, update: Filter, *, upsert: bool = False) -> bool:
        """Change the first match in one atomic write; whether there was one (or it was made).

        Raises DuplicateKeyError when an upsert meets a document its filter does not match.
        """
        _keep_network(update)
        result = await self._raw.update_one(self._scoped(filter), update, upsert=upsert)
        return result.matched_count > 0 or result.upserted_id is not None

    async def delete_many(self, filter: Filter) -> int:
        """Delete all matches; how many there were."""
        result = await self._raw.delete_many(self._scoped(filter))
        return result.deleted_count

    async def aggregate(self, pipeline: Sequence[Filter]) -> list[Document]:
        """Run a pipeline over this network's documents; it may not read or write another place."""
        _stay_inside(pipeline)
        stages = [{"$match": {"network_id": self.network_id}}, *pipeline]
        return await self._raw.aggregate(stages).to_list(None)

    async def plan(self, filter: Filter, sort: Sort, hint: str | None = None) -> Document:
        """The winning plan of a query, for tests that assert an index scan."""
        cursor = self._raw.find(self._scoped(filter)).sort(list(sort))
        if hint is not None:
            cursor.hint(hint)
        explained: Document = await cursor.explain()
        plan: Document = explained["queryPlanner"]["winningPlan"]
        return plan

    def _scoped(self, filter: Filter) -> Document:
        if filter.get("network_id", self.network_id) != self.network_id:
            raise ValueError("a document of another network in a scoped collection")
        # The local servers take the index of the field named first; an id needs no other.
        by_id = {"_id": filter["_id"]} if "_id" in filter else {}
        return {**by_id, **filter, "network_id": self.network_id}


class Database:
    """One service's database."""

    def __init__(self, raw: AsyncIOMotorDatabase[Document]) -> None:
        self._raw = raw
        self._made: dict[str, AsyncIOMotorCollection[Document]] = {}  # making one costs 20 µs

    def collection(self, name: str, network_id: UUID) -> Collection:
        """A collection as one network sees it."""
        return Collection(self.unscoped(name), network_id)

    def unscoped(self, name: str) -> AsyncIOMotorCollection[Document]:
        """The driver's collection over all networks: for machinery, never for a use case."""
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = self._raw[name]
        return made

    async def create_collections(self, indexes: Mapping[str, Sequence[IndexModel]]) -> None:
        """Make the collections and indexes that are not there yet; safe to repeat and to race."""
        for name, models in indexes.items():
            await self._create_collection(name)
            if models:
                await self._raw[name].create_indexes(list(models))

    async def ping(self) -> None:
        """Return when the database answers; raises what the driver raises."""
        await self._raw.command("ping")

    async def _create_collection(self, name: str) -> None:
        try:
            await self._raw.create_collection(name)
        except CollectionInvalid:
            return  # it is there
        except OperationFailure as error:
            if error.code != _NAMESPACE_EXISTS:  # somebody else made it at the same time
                raise


@asynccontextmanager
async def connect(uri: str, name: str) -> AsyncIterator[Database]:
    """A database of a server whose acknowledged writes are on a majority's disks.

    The driver repeats a write once unless `uri` says otherwise (retryWrites).
    """
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        uri, w="majority", journal=True, tz_aware=True,
        uuidRepresentation="standard", serverSelectionTimeoutMS=CONNECT_MILLIS,
        socketTimeoutMS=ANSWER_MILLIS, appname=name, maxPoolSize=32,
    )  # fmt: skip
    try:
        options: CodecOptions[Document] = client.codec_options
        yield Database(client.get_database(name, codec_options=options))
    finally:
        client.close()


def _keep_network(update: Filter) -> None:
    """Raise ValueError if an update touches the network of a document."""
    for operator, changes in update.items():
        names = [*changes, *(changes.values() if operator == "$rename" else ())]
        if any(str(name).partition(".")[0] == "network_id" for name in names):
            raise ValueError("an update may not change the network of a document")


def _stay_inside(pipeline: Iterable[Filter]) -> None:
    """Raise ValueError if a stage, also one within a facet, reads or writes another collection."""
    for stage in pipeline:
        if not _LEAVES_THE_SCOPE.isdisjoint(stage):
            raise ValueError(f"{', '.join(stage)} leaves the scope of the network")
        for inner in stage.get("$facet", {}).values():
            _stay_inside(inner)
