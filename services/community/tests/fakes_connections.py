"""Connections and members in memory, held to the contract of the database
(test_connections_kept.py)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from community.application.ports_connections import Taken
from community.domain.connection import Connection, View


class FakeConnections:
    """Implements ports_connections.Connections."""

    def __init__(self) -> None:
        self.all: dict[UUID, Connection] = {}

    async def get(self, id: UUID) -> Connection | None:
        return self.all.get(id)

    async def save(self, before: Connection | None, after: Connection) -> None:
        known = self.all.get(after.id)
        if (known.version if known else None) != (before.version if before else None):
            raise Taken
        self.all[after.id] = after

    async def page(
        self, member_id: UUID, view: View, after: UUID | None, limit: int
    ) -> Sequence[Connection]:
        found = [one for one in self._seen(member_id, view) if after is None or one.id > after]
        return sorted(found, key=lambda one: one.id)[:limit]

    async def count(self, member_id: UUID, view: View) -> int:
        return len(self._seen(member_id, view))

    async def asked_since(self, member_id: UUID, since: datetime, limit: int) -> Sequence[datetime]:
        hers = (one.asked_at for one in self.all.values() if one.asker_id == member_id)
        return sorted((at for at in hers if at > since), reverse=True)[:limit]

    async def remove(self, id: UUID) -> None:
        self.all.pop(id, None)

    def _seen(self, member_id: UUID, view: View) -> list[Connection]:
        hers = [one for one in self.all.values() if member_id in one.member_ids]
        return [one for one in hers if one.seen_by(member_id) is view]


class FakeMembers:
    """Implements ports_connections.Members."""

    def __init__(self) -> None:
        self.all: set[UUID] = set()

    async def known(self, member_id: UUID) -> bool:
        return member_id in self.all

    async def add(self, member_id: UUID) -> None:
        self.all.add(member_id)

    async def remove(self, member_id: UUID) -> None:
        self.all.discard(member_id)
