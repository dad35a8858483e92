"""What exports need from the outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from identity.domain.account import Account
from identity.domain.export import Export, Part


class Exports(Protocol):
    """The exports of one network, one per member, and their parts."""

    async def add(self, export: Export) -> None:
        """Store a new one. Raises ExportExists when the member has one."""
        ...

    async def get(self, member_id: UUID) -> Export | None:
        """The member's, also an expired one; or None."""
        ...

    async def save(self, export: Export) -> None:
        """Store its next version. Raises ConcurrentUpdate when that is not the next any more."""
        ...

    async def forget(self, member_id: UUID) -> None:
        """Delete the member's with all its parts; the parts first, so that this can be repeated."""
        ...

    async def add_part(self, export: Export, part: Part) -> Part:
        """Store the part behind the last one, unless it is there; the one that is."""
        ...

    async def part(self, export: Export, number: int) -> Part | None:
        """A part by its place, beginning with 0; or None."""
        ...

    async def forget_parts(self, export: Export) -> None:
        """Delete the parts of one that is gone."""
        ...


class DueExports(Protocol):
    """The exports of all networks, by when something is to be done."""

    async def due(self, now: datetime, limit: int) -> Sequence[Export]:
        """Those due by now, the longest overdue first."""
        ...


class Source(Protocol):
    """What one service holds."""

    async def __call__(self, account: Account, page_token: str) -> tuple[bytes, str]:
        """A page of what it holds of the account, opaque, and where to go on; empty at the end.

        Raises what the service answers with.
        """
        ...


class PartSeal(Protocol):
    """Seals for whoever has the secret; without it nothing is opened, by nobody."""

    def new(self) -> tuple[str, bytes]:
        """A secret, and the public key that seals for it."""
        ...

    def fits(self, secret: str, public_key: bytes) -> bool:
        """Whether this is the secret of that key."""
        ...

    def seal(self, public_key: bytes, place: bytes, content: bytes) -> bytes:
        """Sealed, and bound to its place."""
        ...

    def open(self, secret: str, place: bytes, sealed: bytes) -> bytes:
        """What was sealed. Raises Invalid for another secret or another place."""
        ...
