"""Exports in memory, held to the same contract as the database (test_exports_kept.py)."""

from __future__ import annotations

from uuid import UUID

from common.errors import ConcurrentUpdate
from identity.domain.errors import ExportExists
from identity.domain.export import Export, Part


class FakeExports:
    """Implements export_ports.Exports."""

    def __init__(self) -> None:
        self.all: dict[UUID, Export] = {}
        self.parts: dict[tuple[UUID, int], Part] = {}

    async def add(self, export: Export) -> None:
        if export.member_id in self.all:
            raise ExportExists("there")
        self.all[export.member_id] = export

    async def get(self, member_id: UUID) -> Export | None:
        return self.all.get(member_id)

    async def save(self, export: Export) -> None:
        current = self.all.get(export.member_id)
        if current is None or (current.id, current.version + 1) != (export.id, export.version):
            raise ConcurrentUpdate("changed")
        self.all[export.member_id] = export

    async def forget(self, member_id: UUID) -> None:
        export = self.all.pop(member_id, None)
        if export is not None:
            await self.forget_parts(export)

    async def add_part(self, export: Export, part: Part) -> Part:
        return self.parts.setdefault((export.id, export.parts), part)

    async def part(self, export: Export, number: int) -> Part | None:
        return self.parts.get((export.id, number))

    async def forget_parts(self, export: Export) -> None:
        self.parts = {key: part for key, part in self.parts.items() if key[0] != export.id}
