"""What joining needs from the outside, beside the other ports."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol
from uuid import UUID

from identity.domain.applying import Confirmed
from identity.domain.roster import Eligible, Entry


class Roster(Protocol):
    """Who may join one network, by keyed hashes."""

    async def add(self, hashes: Collection[bytes], now: datetime) -> int:
        """Add entries; how many were not there. Those that were stay as they are."""
        ...

    async def remove(self, hashes: Collection[bytes]) -> int:
        """Remove those of them that nobody has taken; how many."""
        ...

    async def get(self, hash: bytes) -> Entry | None:
        """The entry, or None."""
        ...

    async def save(self, entry: Entry) -> None:
        """Store its next version. Raises ConcurrentUpdate when that is not the next any more."""
        ...

    async def count(self) -> tuple[int, int]:
        """How many entries there are, and how many of them are open."""
        ...

    async def forget(self, account_id: UUID) -> int:
        """Keep an entry that an account took as used, and forget whose; how many there were."""
        ...


class HashEligible(Protocol):
    """Keyed hashes of what a sponsor knows people by."""

    def __call__(self, network_id: UUID, eligible: Eligible) -> bytes:
        """The same for the same person in the same network; nobody can try it without the key."""
        ...


class JoinLinks(Protocol):
    """What is behind the # of a link for who has no account yet. Nothing of it is kept: it says
    itself whose it is, to who has the key."""

    def make(self, confirmed: Confirmed, until: datetime) -> str:
        """A token, good until then."""
        ...

    def open(self, token: str, now: datetime) -> Confirmed:
        """What it says. Raises LinkInvalid."""
        ...
