"""A crisis case: opened once, claimed by one, and ended only by who claimed it."""

from __future__ import annotations

from uuid import UUID

import pytest
from common.auth import Access, Caller
from common.errors import DomainError, Forbidden, Invalid
from common.ids import new_id
from common.testing.clock import FakeClock
from community.application.cases import CaseDesk
from community.domain.case import Case, CaseDraft, Kind, Outcome, Severity, State
from community.domain.errors import (
    CaseClosed,
    CaseNotClaimed,
    CaseNotFound,
    CaseTaken,
    RequestIdReused,
)
from policy.authorize import authorize

from services.community.tests.builders import NETWORK, NOW
from services.community.tests.fakes_cases import FakeCases

ADA, GRACE, HEDY = new_id(), new_id(), new_id()


class Desk:
    """Grace and Hedy see to cases of one network."""

    def __init__(self) -> None:
        self.cases = FakeCases()
        self.desk = CaseDesk(self.of, FakeClock(NOW))

    def of(self, network_id: UUID) -> FakeCases:
        return self.cases if network_id == NETWORK else FakeCases()

    def access(self, who: UUID, method: str, network_id: UUID = NETWORK) -> Access:
        roles = frozenset({"moderator"})
        caller = Caller(who, network_id, roles, token="", expires_at=0.0)
        return Access(authorize, caller, f"/kith.community.v1.CaseService/{method}")

    async def open(self, request_id: str = "q1", kind: Kind = Kind.MEDICAL) -> Case:
        draft = CaseDraft(ADA, kind, Severity.URGENT, GRACE, request_id, NOW)
        return await self.desk.open(NETWORK, draft)

    async def claim(self, id: UUID, who: UUID = GRACE, *, take_over: bool = False) -> Case:
        return await self.desk.claim(self.access(who, "ClaimCase"), id, take_over=take_over)

    async def close(self, id: UUID, who: UUID = GRACE, outcome: Outcome = Outcome.SAFE) -> Case:
        return await self.desk.close(self.access(who, "CloseCase"), id, outcome)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def refused(error: type[DomainError], attempt: object) -> None:
    with pytest.raises(error):
        await attempt  # type: ignore[misc]  # a coroutine


async def test_the_same_request_is_the_same_case(desk: Desk) -> None:
    case = await desk.open()
    assert await desk.open() == case
    await refused(RequestIdReused, desk.open(kind=Kind.SELF_HARM))
    assert (await desk.open("q2")).id != case.id
    await refused(Invalid, desk.open(""))


async def test_it_goes_from_open_to_claimed_to_closed_and_each_counts(desk: Desk) -> None:
    case = await desk.open()
    states = [case, await desk.claim(case.id), await desk.close(case.id)]
    assert [one.state for one in states] == [State.OPEN, State.CLAIMED, State.CLOSED]
    assert [one.version for one in states] == [1, 2, 3]
    assert [one.by for one in desk.cases.deeds] == [GRACE] * 3


async def test_what_is_so_already_writes_nothing(desk: Desk) -> None:
    case = await desk.open()
    claimed = await desk.claim(case.id)
    assert await desk.claim(case.id) == claimed
    closed = await desk.close(case.id)
    assert await desk.close(case.id) == closed
    assert len(desk.cases.deeds) == 3


async def test_nobody_ends_what_nobody_took_on(desk: Desk) -> None:
    case = await desk.open()
    await refused(CaseNotClaimed, desk.close(case.id))


async def test_who_has_it_is_asked_or_taken_over_from(desk: Desk) -> None:
    case = await desk.open()
    await desk.claim(case.id)
    await refused(CaseTaken, desk.claim(case.id, HEDY))
    await refused(CaseTaken, desk.close(case.id, HEDY))
    assert (await desk.claim(case.id, HEDY, take_over=True)).claimed_by == HEDY
    await refused(CaseTaken, desk.close(case.id, GRACE))
    assert (await desk.close(case.id, HEDY)).outcome is Outcome.SAFE


async def test_an_end_is_an_end(desk: Desk) -> None:
    case = await desk.open()
    await desk.claim(case.id)
    await desk.close(case.id)
    await refused(CaseClosed, desk.close(case.id, outcome=Outcome.NO_CRISIS))
    await refused(CaseClosed, desk.claim(case.id, HEDY, take_over=True))


async def test_another_networks_case_is_not_there(desk: Desk) -> None:
    case = await desk.open()
    for id, network_id in ((case.id, new_id()), (new_id(), NETWORK)):
        access = desk.access(GRACE, "ClaimCase", network_id)
        await refused(CaseNotFound, desk.desk.claim(access, id, take_over=True))


async def test_a_page_holds_the_oldest_of_a_state(desk: Desk) -> None:
    cases = [await desk.open(f"q{number}") for number in range(4)]
    await desk.claim(cases[1].id)
    found = await desk.desk.list(NETWORK, None, 2, State.OPEN)
    assert [one.id for one in found] == [cases[0].id, cases[2].id]
    assert await desk.desk.list(NETWORK, cases[2].id, 9, None) == [cases[3]]


async def test_nobody_sees_to_a_case_about_herself(desk: Desk) -> None:
    """Or a moderator in danger could end it, and her erasure would begin without anybody."""
    case = await desk.open()
    await refused(Forbidden, desk.claim(case.id, ADA))
    await desk.claim(case.id)
    await refused(Forbidden, desk.claim(case.id, ADA, take_over=True))
    await refused(CaseTaken, desk.close(case.id, ADA))
    assert (await desk.close(case.id)).state is State.CLOSED
