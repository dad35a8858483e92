"""Blocks in memory, held to the contract of the database (service/test_blocks_kept.py)."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from community.application.ports_blocks import Block


class FakeBlocks:
    """Implements ports_blocks.Blocks."""

    def __init__(self) -> None:
        self.all: dict[tuple[UUID, UUID], Block] = {}

    async def take(self, block: Block) -> None:
        key = block.member_id, block.blocked_id
        if key not in self.all or self.all[key].version < block.version:
            self.all[key] = block

    async def blocked_by(self, member_id: UUID, others: Collection[UUID]) -> Collection[UUID]:
        return {
            other
            for other in others
            if (known := self.all.get((member_id, other))) is not None and known.holds
        }

    async def confirm(self, member_id: UUID) -> None:
        return None
