"""What the broker has and the database does not know yet: told to it for many documents at once,
since an update costs the database more for its own sake than for each document in it."""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Sequence

from common.mongo import Database
from common.outbox.documents import PER_KEY, Part, forget

MOST_DOCUMENTS = 50
TOGETHER = 25  # in one update: more of them keep a slow database from everybody else's writes
FORGET_SECONDS = 0.5


class Published:
    """Batches that were published and acknowledged; a crash now publishes them again.

    So they are few: with what is published next, at most PER_KEY entries of one key.
    """

    def __init__(self, database: Database, look: Callable[[str], None] = lambda name: None) -> None:
        """`look` is told of a collection whose documents may hold more than was published."""
        self._database = database
        self._look = look
        self._parts: dict[str, list[Part]] = {}
        self._keys: Tally[str] = Tally()
        self._documents = 0
        self._due_at = 0.0

    def __bool__(self) -> bool:
        return self._documents > 0

    @property
    def seconds_left(self) -> float:
        """How long the database may go without knowing; 0 or less when it must be told now."""
        return self._due_at - asyncio.get_running_loop().time()

    def holds(self, names: Iterable[str]) -> bool:
        """Whether any are of these collections."""
        return any(self._parts.get(name) for name in names)

    def has_room(self, batch: Sequence[Part]) -> bool:
        """Whether these may be published before what is here is forgotten."""
        if self._documents + len(batch) > MOST_DOCUMENTS:
            return False
        return all(self._keys[key] + count <= PER_KEY for key, count in Tally(_keys(batch)).items())

    def add(self, name: str, batch: Sequence[Part]) -> None:
        """Remember a batch of documents of the collection `name`, all its events acknowledged."""
        if not self:
            self._due_at = asyncio.get_running_loop().time() + FORGET_SECONDS
        self._parts.setdefault(name, []).extend(batch)
        self._keys.update(_keys(batch))
        self._documents += len(batch)

    async def forget(self) -> None:
        """Take all of them out of their documents. Raises PyMongoError; then they are kept."""
        for name, parts in list(self._parts.items()):
            while parts:
                if not await forget(self._database.unscoped(name), parts[:TOGETHER], ()):
                    self._look(name)
                del parts[:TOGETHER]
            del self._parts[name]
        self._keys.clear()
        self._documents = 0


def _keys(batch: Sequence[Part]) -> Iterable[str]:
    return (entry["key"] for part in batch for entry in part.entries)
