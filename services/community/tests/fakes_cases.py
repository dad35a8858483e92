"""Crisis cases in memory, held to the same contract as the database (test_cases_kept.py)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from common.errors import ConcurrentUpdate
from community.application.ports import Taken
from community.domain.case import Case, CaseDeed, State


class FakeCases:
    """Implements ports_cases.Cases; `deeds` are told in the order written."""

    def __init__(self) -> None:
        self.all: dict[UUID, Case] = {}
        self.deeds: list[CaseDeed] = []

    async def add(self, case: Case, deed: CaseDeed) -> None:
        if case.id in self.all or await self.by_request(case.opened_by, case.request_id):
            raise Taken
        self._store(case, deed)

    async def save(self, case: Case, deed: CaseDeed) -> None:
        current = self.all.get(case.id)
        if current is None or current.version != case.version - 1:
            raise ConcurrentUpdate("changed")
        self._store(case, deed)

    async def get(self, id: UUID) -> Case | None:
        return self.all.get(id)

    async def by_request(self, opened_by: UUID, request_id: str) -> Case | None:
        hers = (one for one in self.all.values() if one.opened_by == opened_by)
        return next((one for one in hers if one.request_id == request_id), None)

    async def page(self, after: UUID | None, limit: int, state: State | None) -> Sequence[Case]:
        ids = sorted(id for id in self.all if after is None or id > after)
        found = [self.all[id] for id in ids]
        return [one for one in found if state is None or one.state is state][:limit]

    def _store(self, case: Case, deed: CaseDeed) -> None:
        self.all[case.id] = case
        self.deeds.append(deed)
