"""What is known here of who does not hear whom, as messaging tells it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Block:
    """One member does not hear another, or does again; the highest version is true."""

    member_id: UUID
    blocked_id: UUID
    holds: bool
    at: datetime
    version: int


class Blocks(Protocol):
    """The blocks of one network, as far as messaging has told."""

    async def take(self, block: Block) -> None:
        """Know this from now on, unless something as new or newer is known."""
        ...

    async def blocked_by(self, member_id: UUID, others: Collection[UUID]) -> Collection[UUID]:
        """Which of these she blocks; what is not known is no block."""
        ...

    async def confirm(self, member_id: UUID) -> None:
        """She is a member: what is kept of her while nobody knew is kept for good."""
        ...
