"""Documents handed to the relay by who wrote them, so that they need not be read back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from uuid import UUID

from common.mongo import Document
from common.outbox.documents import BATCH_DOCUMENTS, first_of

MOST = 5_000
FULL = 1_000


class Offered:
    """What was offered and is not published yet, in the order written."""

    def __init__(self) -> None:
        self._documents: deque[tuple[str, Document]] = deque()
        self._swept: set[UUID] = set()  # of what may still be offered

    def __bool__(self) -> bool:
        return bool(self._documents)

    @property
    def full(self) -> bool:
        """Whether who writes much should wait."""
        return len(self._documents) >= FULL

    def add(self, name: str, documents: Iterable[Document]) -> bool:
        """Take documents of a collection; whether there was room for them."""
        if len(self._documents) >= MOST:
            return False
        self._documents.extend((name, document) for document in documents if "outbox" in document)
        return True

    def swept(self, ids: Iterable[UUID], oldest: UUID) -> None:
        """Leave out documents whose first entry has this id, should they be offered yet; they were
        found and published. Those before `oldest` need not be remembered: their turn is over."""
        self._swept = {id for id in self._swept if id >= oldest}
        self._swept.update(ids)

    def take(self) -> list[tuple[str, Document]]:
        """Some of them."""
        taken: list[tuple[str, Document]] = []
        while self._documents and len(taken) < BATCH_DOCUMENTS:
            name, document = self._documents.popleft()
            if first_of(document) in self._swept:
                continue
            taken.append((name, document))
        return taken
