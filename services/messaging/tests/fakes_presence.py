"""Presences in memory, held to the contract of the database (service/test_presences_kept.py)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from messaging.domain.presence import grain_of


class FakePresences:
    """Implements ports_presence.Presences."""

    def __init__(self) -> None:
        self.all: dict[UUID, datetime] = {}

    async def shown(self, member_ids: Collection[UUID]) -> Mapping[UUID, datetime]:
        return {id: self.all[id] for id in member_ids if id in self.all}

    async def choose(self, member_id: UUID, shown: bool, at: datetime) -> None:
        self.all.pop(member_id, None)
        if shown:
            self.all[member_id] = grain_of(at)

    async def note(self, member_id: UUID, at: datetime) -> None:
        if member_id in self.all:
            self.all[member_id] = max(self.all[member_id], grain_of(at))
