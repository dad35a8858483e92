"""What was found, place by place, and whether it may be there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from erasure.receipts import Receipt


@dataclass(slots=True)
class Place:
    """A collection or topic: how much was looked at, how much of it names her, and how.

    `until` is when a topic will have let go of the last record that holds her id; `waits` are
    records of a compacted topic that a later one has replaced, which the broker still has to drop.
    `stays`: an audit log, whose entries are bound to each other and hold no content. `sealed` are
    documents of which only the ids could be looked at, because their words are sealed.
    """

    name: str
    looked_at: int = 0
    hits: int = 0
    waits: int = 0
    marks: set[str] = field(default_factory=set)
    until: datetime | None = None
    stays: bool = False
    sealed: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing that has to be gone is left; a pseudonym in the log has until then."""
        return not self.hits or self.until is not None or self.stays

    @property
    def verdict(self) -> str:
        """In words."""
        if not self.hits and not self.waits:
            return "nothing"
        kinds = ", ".join(sorted(self.marks))
        if not self.hits:
            return f"nothing that counts: {self.waits} replaced records wait for compaction"
        if self.stays:
            return f"pseudonym only, in {self.hits} entries that stay (the audit log)"
        if self.until is not None:
            return f"pseudonym only, in {self.hits} records, the last until {self.until:%Y-%m-%d}"
        return f"FOUND in {self.hits}: {kinds}"


@dataclass(frozen=True, slots=True)
class Report:
    """Everything; `receipts` are those of the finished erasure, each with whether it is genuine."""

    places: Sequence[Place]
    finished_at: datetime | None
    receipts: Sequence[tuple[Receipt, bool]]

    @property
    def is_proof(self) -> bool:
        """Whether she is gone, and every service has said so."""
        genuine = bool(self.receipts) and all(good for _, good in self.receipts)
        return genuine and all(place.is_empty for place in self.places)


def left(places: Iterable[Place]) -> list[Place]:
    """Those where something is that must not be."""
    return [place for place in places if not place.is_empty]
