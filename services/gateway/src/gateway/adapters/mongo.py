"""What is kept of idempotency keys, in the gateway's own database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from common import log
from common.errors import Unavailable
from common.mongo import (
    ASCENDING,
    Collection,
    Database,
    Document,
    DuplicateKeyError,
    IndexModel,
    is_away,
)
from common.retention import declare

from gateway.adapters.retention import RULES
from gateway.application.idempotency import Record

logger = log.get(__name__)
ANSWERS = "answers"
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    ANSWERS: [IndexModel([("expire_at", ASCENDING)], expireAfterSeconds=0)],
}
_TRIES = 3
_AGAIN_SECONDS = 1.0


async def prepare(database: Database) -> None:
    """Make collection and index, whenever the database is there: the door opens without it.

    Without the index nothing is wrong: what has expired is not believed, only not yet removed.
    """
    while True:
        try:
            await database.create_collections(INDEXES)
            await declare(database, RULES)
        except Exception as error:
            if not is_away(error):
                raise
            logger.warning("answers.store_unavailable", error=type(error).__name__)
            await asyncio.sleep(_AGAIN_SECONDS)
        else:
            return


class MongoRecords:
    """Records, one document each; see application.idempotency.Records."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, record: Record) -> Record | None:
        """See Records.add."""
        answers = self._answers(record.network_id)
        async with _unavailable_when_away():
            for _ in range(_TRIES):
                try:
                    await answers.insert_one(_document(record))
                except DuplicateKeyError:
                    kept = await answers.find_one({"_id": record.id})
                    if kept is not None:  # else it has just expired
                        return _record(kept)
                else:
                    return None
        raise Unavailable("the key could not be kept; try again")

    async def swap(self, old: Record, new: Record) -> bool:
        """See Records.swap."""
        async with _unavailable_when_away():
            return await self._answers(old.network_id).update_one(
                {"_id": old.id, "claim": old.claim}, {"$set": _fields(new)}
            )

    async def remove(self, record: Record) -> None:
        """See Records.remove."""
        async with _unavailable_when_away():
            answers = self._answers(record.network_id)
            await answers.delete_many({"_id": record.id, "claim": record.claim})

    def _answers(self, network_id: UUID) -> Collection:
        return self._database.collection(ANSWERS, network_id)


@asynccontextmanager
async def _unavailable_when_away() -> AsyncIterator[None]:
    try:
        yield
    except Exception as error:
        if is_away(error):
            raise Unavailable("the store did not answer; try again") from error
        raise


def _fields(record: Record) -> Document:
    return {
        "fingerprint": record.fingerprint, "claim": record.claim, "busy_until": record.busy_until,
        "expire_at": record.expire_at, "sealed": record.sealed,
    }  # fmt: skip


def _document(record: Record) -> Document:
    return {"_id": record.id, **_fields(record)}


def _record(document: Document) -> Record:
    return Record(
        id=document["_id"], network_id=document["network_id"],
        fingerprint=document["fingerprint"], claim=document["claim"],
        busy_until=document["busy_until"], expire_at=document["expire_at"],
        sealed=document["sealed"],
    )  # fmt: skip
