"""Look-ups by id that arrive while one is under way are made by the next one together, which costs
a fraction of one for each; and each still sees what was stored before it asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from common.mongo import ASCENDING, Collection, Document

MOST = 200
Waiting = tuple[Sequence[UUID], asyncio.Future[list[Document]]]


class ReadTogether:
    """Finds documents of one network's collection by their ids."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._waiting: list[Waiting] = []
        self._reader: asyncio.Task[None] | None = None

    async def find(self, ids: Sequence[UUID]) -> list[Document]:
        """Those there are. Raises what the database raises."""
        future: asyncio.Future[list[Document]] = asyncio.get_running_loop().create_future()
        self._waiting.append((ids, future))
        if self._reader is None:
            self._reader = asyncio.create_task(self._read(), name="read-together")
        return await future

    async def _read(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._answer(group)
        finally:
            self._reader = None

    async def _answer(self, group: Sequence[Waiting]) -> None:
        wanted = {"_id": {"$in": list({id for ids, _ in group for id in ids})}}
        try:
            found = await self._collection.find(wanted, sort=[("_id", ASCENDING)], limit=0)
        except Exception as error:
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
            return
        by_id = {document["_id"]: document for document in found}
        for ids, future in group:
            if not future.done():
                future.set_result([by_id[id] for id in ids if id in by_id])
