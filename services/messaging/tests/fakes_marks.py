"""Messaging's ports of marks and reports in memory, held to the contract of their adapters."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from messaging.domain.mark import Mark
from messaging.domain.report import Report


class FakeMarks:
    """Implements ports_marks.Marks; `read` is whose messages were told to be read, by whom."""

    def __init__(self) -> None:
        self.all: dict[tuple[UUID, UUID], Mark] = {}
        self.read: list[tuple[UUID, UUID, int]] = []
        self.told: list[set[UUID]] = []

    async def of(self, places: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Mark]:
        await asyncio.sleep(0)
        return {place: self.all[place] for place in places if place in self.all}

    async def save(
        self, mark: Mark, at: datetime, read_of: UUID | None, told: Collection[UUID] = ()
    ) -> bool:
        await asyncio.sleep(0)
        place = mark.conversation_id, mark.member_id
        if self.all.get(place, Mark(*place)).version != mark.version - 1:
            return False
        self.all[place] = mark
        self.told.append(set(told))
        if read_of is not None:
            self.read.append((mark.member_id, read_of, mark.read))
        return True


class FakeReceiptChoices:
    """Implements ports_marks.ReceiptChoices."""

    def __init__(self) -> None:
        self.all: dict[UUID, bool] = {}

    async def hiding(self, member_ids: Collection[UUID]) -> set[UUID]:
        return {id for id in member_ids if not self.all.get(id, True)}

    async def choose(self, member_id: UUID, shown: bool) -> None:
        self.all[member_id] = shown


class FakeReports:
    """Implements ports_reports.Reports."""

    def __init__(self) -> None:
        self.all: dict[UUID, Report] = {}

    async def add(self, report: Report) -> datetime:
        return self.all.setdefault(report.id, report).created_at
