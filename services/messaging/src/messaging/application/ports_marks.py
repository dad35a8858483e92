"""Where it is kept how far members have got; each port is bound to one network."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from messaging.domain.mark import Mark


class Marks(Protocol):
    """How far members have got in conversations."""

    async def of(self, places: Collection[tuple[UUID, UUID]]) -> Mapping[tuple[UUID, UUID], Mark]:
        """The marks that there are, by conversation and member."""
        ...

    async def save(
        self, mark: Mark, at: datetime, read_of: UUID | None, told: Collection[UUID] = ()
    ) -> bool:
        """Store a mark over the one with the version before, in one write with its events: that
        something of `read_of` was read (None: nothing was), and telling the devices of those who
        are `told`. Whether the one before was still there.

        Raises Unavailable while too many of its events wait.
        """
        ...


class ReceiptChoices(Protocol):
    """Who does not show how far she has got."""

    async def hiding(self, member_ids: Collection[UUID]) -> set[UUID]:
        """Those of `member_ids` who do not."""
        ...

    async def choose(self, member_id: UUID, shown: bool) -> None:
        """Keep a choice."""
        ...
