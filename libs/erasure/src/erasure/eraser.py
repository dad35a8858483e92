"""Erases a member from one service's database and says what there was.

What there was is counted and kept before the first document goes, so a service that is killed and
begins again gives the same receipt, to the byte. That note names the erasure, and nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from common.clock import Clock
from common.mongo import (
    ASCENDING,
    Collection,
    Database,
    Document,
    DuplicateKeyError,
    IndexModel,
)
from common.retention import Fate, Rule

from erasure.marks import COLLECTION, FIELD, Marks
from erasure.receipts import Count, Receipt
from erasure.steps import Leaving, Step

NOTES_KEPT = timedelta(days=400)
"""Much longer than the log keeps what could ask for the same receipt once more."""
INDEXES: dict[str, list[IndexModel]] = {
    COLLECTION: [
        IndexModel(
            [("erased_at", ASCENDING)], name="expired",
            expireAfterSeconds=round(NOTES_KEPT.total_seconds()),
        ),
        IndexModel([(FIELD, ASCENDING)], name="erased", sparse=True),
    ]
}  # fmt: skip
RETENTION = (
    Rule(
        COLLECTION, "what was erased, in numbers", Fate.EXPIRES,
        "so that a receipt that is asked for again is the same", "erased_at", NOTES_KEPT,
        unheld="of who has gone already, whom no hold can be about",
    ),
)  # fmt: skip
"""How long a service that erases keeps its notes."""


class Eraser:
    """Does a service's steps, in order."""

    def __init__(
        self, service: str, database: Database, steps: Sequence[Step], clock: Clock,
        marks: Marks | None = None,
    ) -> None:  # fmt: skip
        """`marks` are for a service that keeps who is a member, as identity tells it."""
        self._service = service
        self._database = database
        self._steps = steps
        self._clock = clock
        self._marks = marks

    async def erase(self, network_id: UUID, member_id: UUID, erasure_id: UUID) -> Receipt:
        """Erase her; the receipt is not signed yet. Doing it again gives the same receipt."""
        notes = self._database.collection(COLLECTION, network_id)
        note = await self._note(notes, member_id, erasure_id)
        leaving = Leaving(network_id, member_id, note.get("stand_in") or uuid4())
        for step in self._steps:
            await step.apply(self._database, leaving)
        await notes.update_one({"_id": erasure_id}, {"$unset": {"stand_in": ""}})
        return _receipt(self._service, note)

    async def _note(self, notes: Collection, member_id: UUID, erasure_id: UUID) -> Document:
        """What was there when it began. Raises what the database raises."""
        note = await notes.find_one({"_id": erasure_id})
        if note is None:
            leaving = Leaving(notes.network_id, member_id, uuid4())
            counts: dict[str, Any] = {}
            for step in self._steps:
                count = await step.count(self._database, leaving)
                before = counts.get(step.kind, Count())
                counts[step.kind] = Count(
                    before.removed + count.removed, before.anonymised + count.anonymised
                )
            note = {
                "_id": erasure_id, "network_id": notes.network_id, "stand_in": leaving.stand_in,
                "erased_at": self._clock.now(),
                "counts": {kind: asdict(count) for kind, count in counts.items()},
            }  # fmt: skip
            if self._marks is not None:
                note[FIELD] = self._marks.of(notes.network_id, member_id)
            try:
                await notes.insert_one(note)
            except DuplicateKeyError:  # the write before succeeded and only its answer was lost
                note = await notes.find_one({"_id": erasure_id}) or note
        return note


def _receipt(service: str, note: Document) -> Receipt:
    counts = {kind: Count(**count) for kind, count in note["counts"].items()}
    return Receipt(note["network_id"], note["_id"], service, counts, note["erased_at"])
