"""Opening, claiming and closing crisis cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from common.auth import Access
from common.clock import Clock
from common.errors import ConcurrentUpdate
from common.ids import new_id
from policy import NOTHING, Facts

from community.application.ports import Taken
from community.application.ports_cases import CasesOf
from community.domain.case import Case, CaseDeed, CaseDraft, Outcome, State, opened
from community.domain.errors import CaseNotFound, RequestIdReused

TRIES = 5


@dataclass(frozen=True, slots=True)
class CaseDesk:
    """What moderators and the care team do with cases."""

    cases_of: CasesOf
    clock: Clock

    async def open(self, network_id: UUID, draft: CaseDraft) -> Case:
        """The new case, or the one this request became before. Raises RequestIdReused."""
        cases = self.cases_of(network_id)
        case = opened(draft, new_id())
        try:
            await cases.add(case, CaseDeed(draft.opened_by, draft.at))
            return case
        except Taken:
            earlier = await cases.by_request(draft.opened_by, draft.request_id)
        if earlier is None:
            raise ConcurrentUpdate("the case was refused; try again")
        if not earlier.is_of(draft):
            raise RequestIdReused(
                "this request_id belongs to another case; choose a new one", field="request_id"
            )
        return earlier

    async def claim(self, access: Access, id: UUID, *, take_over: bool) -> Case:
        """The case, hers. Raises Forbidden, CaseNotFound, CaseTaken, CaseClosed, Unavailable,
        Conflict."""
        by, at = access.caller.subject, self.clock.now()
        return await self._change(access, id, lambda one: one.claim(by, at, take_over=take_over))

    async def close(self, access: Access, id: UUID, outcome: Outcome) -> Case:
        """The case, ended. Raises CaseNotFound, CaseNotClaimed, CaseTaken, CaseClosed, Unavailable,
        Conflict."""
        by, at = access.caller.subject, self.clock.now()
        return await self._change(access, id, lambda one: one.close(by, outcome, at))

    async def list(
        self, network_id: UUID, after: UUID | None, size: int, state: State | None
    ) -> Sequence[Case]:
        """A page of cases, the oldest first."""
        return await self.cases_of(network_id).page(after, size, state)

    async def _change(self, access: Access, id: UUID, change: Callable[[Case], Case]) -> Case:
        cases = self.cases_of(access.caller.network_id)
        missing = CaseNotFound("no such case in your network", field="case_id")
        for _ in range(TRIES):
            before = await cases.get(id)
            access.require(Facts(access.caller.network_id) if before else NOTHING, missing)
            if before is None:
                raise missing
            after = change(before)
            if after is before:
                return before
            try:
                await cases.save(after, CaseDeed(access.caller.subject, self.clock.now()))
            except ConcurrentUpdate:
                continue
            return after
        raise ConcurrentUpdate("others change this case too; try again")
