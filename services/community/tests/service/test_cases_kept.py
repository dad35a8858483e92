"""Crisis cases: one contract for the fake and the database, what is told of each write, and what
becomes of them when somebody leaves."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from common.errors import ConcurrentUpdate
from common.ids import new_id
from common.mongo import Database
from community.adapters.erasing import steps
from community.adapters.mongo import MongoNetworks
from community.adapters.mongo_cases import outgoing
from community.application.ports import Taken
from community.application.ports_cases import Cases
from community.domain.case import Case, CaseDeed, Kind, Outcome, Severity, State
from erasure.steps import Leaving
from kith.audit.events.v1 import audit_events_pb2 as audit
from kith.community.events.v1 import case_events_pb2 as events

from services.community.tests.builders import NETWORK, NOW
from services.community.tests.fakes_cases import FakeCases

GRACE = new_id()
DEED = CaseDeed(GRACE, NOW)


def a_case(request_id: str = "q1") -> Case:
    return Case(new_id(), new_id(), Kind.SELF_HARM, Severity.EMERGENCY, GRACE, request_id, NOW)


class CasesContract:
    """What every implementation of the port does."""

    @pytest.fixture
    def cases(self) -> Cases:
        raise NotImplementedError

    async def test_every_state_comes_back_as_it_was_saved(self, cases: Cases) -> None:
        case = a_case()
        claimed = case.claim(GRACE, NOW)
        closed = claimed.close(GRACE, Outcome.HANDED_OVER, NOW)
        await cases.add(case, DEED)
        assert await cases.get(case.id) == case
        for state in (claimed, closed):
            await cases.save(state, DEED)
            assert await cases.get(case.id) == state

    async def test_a_request_makes_one(self, cases: Cases) -> None:
        case = a_case()
        await cases.add(case, DEED)
        with pytest.raises(Taken):
            await cases.add(a_case(), DEED)
        assert await cases.by_request(GRACE, "q1") == case
        assert await cases.by_request(new_id(), "q1") is None

    async def test_whoever_is_late_is_refused(self, cases: Cases) -> None:
        case = a_case()
        await cases.add(case, DEED)
        await cases.save(case.claim(GRACE, NOW), DEED)
        with pytest.raises(ConcurrentUpdate):
            await cases.save(case.claim(new_id(), NOW), DEED)

    async def test_a_page_holds_the_oldest_of_a_state(self, cases: Cases) -> None:
        made = [a_case(f"q{number}") for number in range(3)]
        for case in made:
            await cases.add(case, DEED)
        await cases.save(made[0].claim(GRACE, NOW), DEED)
        assert await cases.page(None, 9, State.OPEN) == made[1:]
        assert await cases.page(made[0].id, 1, None) == [made[1]]


class TestInMemory(CasesContract):
    @pytest.fixture
    def cases(self) -> Cases:
        return FakeCases()


class TestInMongo(CasesContract):
    @pytest.fixture
    def cases(self, networks: MongoNetworks) -> Cases:
        return networks.cases(NETWORK)


def test_each_write_tells_how_far_it_is_and_who_did_it_and_nothing_of_what_it_is_about() -> None:
    case = a_case()
    claimed = case.claim(GRACE, NOW)
    stages = {
        case: (events.CASE_STAGE_OPEN, "OpenCase"),
        claimed: (events.CASE_STAGE_CLAIMED, "ClaimCase"),
        claimed.close(GRACE, Outcome.SAFE, NOW): (events.CASE_STAGE_CLOSED, "CloseCase"),
    }
    for one, (stage, method) in stages.items():
        fact, done = outgoing(NETWORK, one, DEED)
        assert (fact.topic, fact.key, fact.sequence) == ("community.case.v1", case.id, one.version)
        assert isinstance(fact.message, events.CaseChanged)
        assert (fact.message.stage, fact.message.version) == (stage, one.version)
        assert fact.message.member_id == str(case.member_id)
        assert (done.topic, done.key) == ("community.change.v1", case.member_id)
        assert isinstance(done.message, audit.ChangeRecorded)
        assert done.message.actor_id == str(GRACE)
        assert done.message.action == f"/kith.community.v1.CaseService/{method}"


async def nowhere(topic: str, key: UUID) -> None:
    """No topic keeps anything of cases."""


async def test_who_leaves_is_in_no_case_any_more_and_the_case_stays(
    networks: MongoNetworks, database: Database
) -> None:
    case, other = a_case(), replace(a_case("q2"), opened_by=new_id())
    cases = networks.cases(NETWORK)
    await cases.add(case, DEED)
    await cases.add(other, DEED)
    await cases.save(other.claim(GRACE, NOW), DEED)
    for member_id in (case.member_id, GRACE):
        leaving = Leaving(NETWORK, member_id, new_id())
        for step in steps(nowhere):
            if step.kind == "cases":
                assert (await step.count(database, leaving)).removed == 0
                await step.apply(database, leaving)
    raw = [one async for one in database.unscoped("cases").find({}, {"outbox": 0})]
    assert len(raw) == 2
    for gone in (case.member_id, GRACE):
        assert all(gone not in one.values() for one in raw)
    assert {one["request_id"] for one in raw if one["_id"] == case.id} == {str(case.id)}


async def test_a_change_does_not_bring_back_who_was_erased_meanwhile(
    networks: MongoNetworks, database: Database
) -> None:
    cases, leaving = networks.cases(NETWORK), Leaving(NETWORK, GRACE, new_id())
    case, helper = a_case(), new_id()
    await cases.add(case, DEED)
    claimed = case.claim(helper, NOW)
    for step in (one for one in steps(nowhere) if one.kind == "cases"):
        await step.apply(database, leaving)
    await cases.save(claimed, DEED)
    gone = Leaving(NETWORK, helper, new_id())
    for step in (one for one in steps(nowhere) if one.kind == "cases"):
        await step.apply(database, gone)
    await cases.save(claimed.close(helper, Outcome.HANDED_OVER, NOW), DEED)
    kept = await cases.get(case.id)
    assert kept
    assert (kept.opened_by, kept.claimed_by) == (leaving.stand_in, gone.stand_in)
    assert (kept.state, kept.member_id) == (State.CLOSED, case.member_id)


async def test_a_change_does_not_tell_of_a_member_who_was_erased_meanwhile(
    networks: MongoNetworks, database: Database
) -> None:
    cases, case = networks.cases(NETWORK), a_case()
    await cases.add(case, DEED)
    leaving = Leaving(NETWORK, case.member_id, new_id())
    for step in (one for one in steps(nowhere) if one.kind == "cases"):
        await step.apply(database, leaving)
    with pytest.raises(ConcurrentUpdate):
        await cases.save(case.claim(GRACE, NOW), DEED)
    kept = await cases.get(case.id)
    assert kept == replace(case, member_id=leaving.stand_in)
    await cases.save(kept.claim(GRACE, NOW), DEED)
    [raw] = [one async for one in database.unscoped("cases").find({})]
    told = [one["key"] for one in raw["outbox"]]
    assert told == [str(id) for id in (case.id, case.member_id, case.id, leaving.stand_in)]
