"""Group commit: messages of different conversations that arrive while a write is under way are
stored by the next one together, which costs the database a third of writing them one by one.

Each is still one document and one atomic write, acknowledged on its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from common.mongo import BulkWriteError, Database, Document, DuplicateKeyError

MAX_GROUP = 200
DUPLICATE = 11000
Waiting = tuple[Document, asyncio.Future[None]]


class GroupCommit:
    """Inserts documents into one collection, for all networks; `stored` learns of each group."""

    def __init__(
        self, database: Database, name: str, stored: Callable[[Sequence[Document]], None],
        unsure: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """`unsure` is told when nobody knows what of a group was stored."""
        self._collection = database.unscoped(name)
        self._stored = stored
        self._unsure = unsure
        self._waiting: list[Waiting] = []
        self._writer: asyncio.Task[None] | None = None

    async def insert(self, document: Document) -> None:
        """Store a document; returns when it is on a majority's disks.

        Raises DuplicateKeyError, or what the driver raises: then it may or may not be stored.
        Do not insert two documents at once of which the second relies on the first.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((document, future))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write(), name="group-commit")
        await future

    async def _write(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:MAX_GROUP], self._waiting[MAX_GROUP:]
                await self._insert(group)
        finally:
            self._writer = None

    async def _insert(self, group: Sequence[Waiting]) -> None:
        refused: dict[int, Exception] = {}
        try:
            await self._collection.insert_many([document for document, _ in group], ordered=False)
        except BulkWriteError as error:
            refused = _refusals(error)
            if not refused:
                refused = dict.fromkeys(range(len(group)), error)
                self._unsure()
        except Exception as error:
            refused = dict.fromkeys(range(len(group)), error)
            self._unsure()
        self._stored(
            [document for index, (document, _) in enumerate(group) if index not in refused]
        )
        for index, (_, future) in enumerate(group):
            if future.done():
                continue  # its sender has gone
            if index in refused:
                future.set_exception(refused[index])
            else:
                future.set_result(None)


def _refusals(error: BulkWriteError) -> dict[int, Exception]:
    """Why which documents were refused; empty if the write concern failed and none is certain."""
    if error.details.get("writeConcernErrors"):
        return {}
    return {
        failure["index"]: DuplicateKeyError(failure.get("errmsg", ""), failure.get("code"))
        if failure.get("code") == DUPLICATE
        else error
        for failure in error.details.get("writeErrors", [])
    }
