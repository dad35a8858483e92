"""The audit log of a network: who looked at what of whom, each entry bound to the one before it.

Whoever changes, removes or inserts an entry would have to change the digest of every later one,
and the digests that others keep (as a hash chain: Haber and Stornetta 1991). It holds no content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from common.clock import epoch_millis

NO_DIGEST = bytes(32)
"""What stands before the first entry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody was shown data of others; `id` is the same when it is told again."""

    id: UUID
    network_id: UUID
    actor_id: UUID
    action: str
    subject_ids: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """An entry in its place."""

    sequence: int
    entry: Entry
    digest: bytes


@dataclass(frozen=True, slots=True)
class Verified:
    """How far a chain is as it was written: `broken` is the first place that is not, 0 if none."""

    count: int
    broken: int
    digest: bytes


def link(tail: Link | None, entry: Entry) -> Link:
    """The entry behind `tail` (None: the first one)."""
    sequence, before = (tail.sequence + 1, tail.digest) if tail else (1, NO_DIGEST)
    return Link(sequence, entry, _digest(before, sequence, entry))


class Chain:
    """Recomputes a chain piece by piece, oldest first."""

    def __init__(self) -> None:
        self._good = self._seen = self._broken = 0
        self._digest = NO_DIGEST

    def read(self, links: Iterable[Link]) -> None:
        """Take the next links."""
        for found in links:
            self._seen += 1
            if self._broken:
                continue
            expected = _digest(self._digest, self._good + 1, found.entry)
            if found.sequence != self._good + 1 or found.digest != expected:
                self._broken = self._good + 1
            else:
                self._good, self._digest = found.sequence, found.digest

    @property
    def result(self) -> Verified:
        """What came of all that was read."""
        return Verified(self._seen, self._broken, self._digest)


def _digest(before: bytes, sequence: int, entry: Entry) -> bytes:
    """SHA-256 over parts of which each says its own length, so that none runs into the next."""
    parts = (
        before, sequence.to_bytes(8, "big"), entry.id.bytes, entry.network_id.bytes,
        entry.actor_id.bytes, entry.action.encode(),
        b"".join(subject.bytes for subject in entry.subject_ids),
        epoch_millis(entry.at).to_bytes(8, "big", signed=True),
    )  # fmt: skip
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(len(part).to_bytes(4, "big") + part)
    return hashed.digest()
