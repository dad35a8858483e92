"""Legal holds in memory, held to the same contract as the database (test_holds_kept.py)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from common.errors import ConcurrentUpdate
from identity.domain.deed import Done
from identity.domain.hold import Holds


class FakeHolds:
    """Implements ports_holds.HoldBook; `told` is what the audit log hears, in order."""

    def __init__(self, network_id: UUID) -> None:
        self.network_id = network_id
        self.all: dict[UUID, Holds] = {}
        self.told: list[Done] = []

    async def get(self, member_id: UUID) -> Holds:
        return self.all.get(member_id) or Holds(member_id, self.network_id)

    async def save(self, holds: Holds, done: Done) -> None:
        if (await self.get(holds.member_id)).version != holds.version - 1:
            raise ConcurrentUpdate("changed")
        self.all[holds.member_id] = holds
        self.told.append(done)

    async def page(self, after: UUID | None, size: int) -> Sequence[Holds]:
        ids = sorted(id for id, one in self.all.items() if one.all and (not after or id > after))
        return [self.all[id] for id in ids[:size]]

    async def forget(self, member_id: UUID) -> bool:
        self.all.pop(member_id, None)
        return True
