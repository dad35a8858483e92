"""One contract for what programs keeps, held by the fakes and by the database alike."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from common.errors import ConcurrentUpdate, Unavailable
from common.ids import new_id
from common.mongo import Database
from common.outbox import MAX_WAITING
from programs.adapters.mongo import MongoNetworks
from programs.application.ports import Network, Networks
from programs.domain.enrollment import Enrollment
from programs.domain.program import Program

from services.programs.tests.builders import (
    NETWORK,
    NOW,
    OTHER_NETWORK,
    a_cohort,
    a_definition,
    a_program,
    a_request,
    an_enrollment,
    steps,
)
from services.programs.tests.fakes import FakeNetworks


class NetworksContract:
    """What every implementation of ports.Networks does."""

    @pytest.fixture
    def kept(self) -> Networks:
        raise NotImplementedError

    @pytest.fixture
    def network(self, kept: Networks) -> Network:
        return kept.of(NETWORK)

    async def test_a_program_comes_back_as_it_was_stored(self, network: Network) -> None:
        program = a_program(a_definition(*steps(5)))
        assert await network.programs.add(program, a_request()) == program
        assert await network.programs.get(program.id) == program
        assert await network.programs.get(new_id()) is None

    async def test_a_request_makes_one_program_and_one_cohort(self, network: Network) -> None:
        request = a_request()
        program, cohort = a_program(), a_cohort()
        await network.programs.add(program, request)
        await network.cohorts.add(cohort, request)
        assert await network.programs.add(a_program(), request) == program
        assert await network.cohorts.add(a_cohort(), request) == cohort
        assert list(await network.programs.page(None, 10)) == [program]

    async def test_the_same_request_id_of_somebody_else_is_another_request(
        self, network: Network
    ) -> None:
        both = [(a_program(), a_request("r")) for _ in range(2)]
        for program, request in both * 2:
            assert await network.programs.add(program, request) == program

    async def test_a_cohort_comes_back_as_it_was_stored(self, network: Network) -> None:
        cohort = a_cohort()
        assert await network.cohorts.add(cohort, a_request()) == cohort
        assert await network.cohorts.get(cohort.id) == cohort
        assert await network.cohorts.get(new_id()) is None

    async def test_pages_hold_every_program_once_oldest_first(self, network: Network) -> None:
        made = [await network.programs.add(a_program(), a_request()) for _ in range(7)]
        seen: list[Program] = []
        while page := await network.programs.page(seen[-1].id if seen else None, 3):
            assert len(page) <= 3
            seen += page
        assert seen == made

    async def test_an_enrollment_comes_back_as_it_was_saved(self, network: Network) -> None:
        enrollment = an_enrollment()
        member_id, definition = enrollment.member_id, a_definition(*steps(2))
        assert list(await network.enrollments.add([enrollment])) == [enrollment]
        assert await network.enrollments.get(enrollment.id) == enrollment
        for step in ("s1", "s0"):
            enrollment, event = enrollment.mark_done(definition, step, NOW + timedelta(hours=1))
            assert event
            await network.enrollments.save(enrollment, event)
            assert await network.enrollments.get(enrollment.id) == enrollment
        assert list(await network.enrollments.page(member_id, None, 10)) == [enrollment]

    async def test_a_page_holds_only_a_members_own(self, network: Network) -> None:
        await network.enrollments.add([an_enrollment()])
        assert await network.enrollments.get(new_id()) is None
        assert list(await network.enrollments.page(new_id(), None, 10)) == []

    async def test_a_member_has_one_seat_in_a_cohort(self, network: Network) -> None:
        cohort = a_cohort()
        ada, bea = an_enrollment(cohort), an_enrollment(cohort)
        assert list(await network.enrollments.add([ada])) == [ada]
        again = an_enrollment(cohort, ada.member_id)
        assert list(await network.enrollments.add([bea, again])) == [bea, ada]
        elsewhere = an_enrollment(member_id=ada.member_id)
        assert list(await network.enrollments.add([elsewhere])) == [elsewhere]
        assert await network.enrollments.count(cohort.id) == 2

    async def test_a_seat_taken_again_keeps_what_was_done(self, network: Network) -> None:
        cohort, definition = a_cohort(), a_definition(*steps(2))
        (ada,) = await network.enrollments.add([an_enrollment(cohort)])
        after, event = ada.mark_done(definition, "s0", NOW)
        assert event
        await network.enrollments.save(after, event)
        again = an_enrollment(cohort, ada.member_id)
        assert list(await network.enrollments.add([again])) == [after]

    async def test_an_enrollment_changes_one_version_at_a_time(self, network: Network) -> None:
        (ada,) = await network.enrollments.add([an_enrollment()])
        definition = a_definition(*steps(2))
        first, told = ada.mark_done(definition, "s0", NOW)
        second, also_told = ada.mark_done(definition, "s1", NOW)
        assert told
        assert also_told
        await network.enrollments.save(first, told)
        with pytest.raises(ConcurrentUpdate):
            await network.enrollments.save(second, also_told)
        with pytest.raises(ConcurrentUpdate):
            await network.enrollments.save(replace(first, id=new_id()), told)
        assert await network.enrollments.get(ada.id) == first

    async def test_pages_hold_every_own_enrollment_once_newest_first(
        self, network: Network
    ) -> None:
        member_id = new_id()
        made = [an_enrollment(member_id=member_id) for _ in range(5)]
        await network.enrollments.add([*made, an_enrollment()])
        seen: list[Enrollment] = []
        while page := await network.enrollments.page(member_id, seen[-1].id if seen else None, 2):
            assert len(page) <= 2
            seen += page
        assert seen == made[::-1]

    async def test_steps_nobody_can_be_told_of_are_refused_at_last(self, network: Network) -> None:
        definition = a_definition(*steps(MAX_WAITING))
        (ada,) = await network.enrollments.add([an_enrollment()])
        for index in range(MAX_WAITING // 2 - 1):  # two events each, and two at the start
            ada, event = ada.mark_done(definition, f"s{index}", NOW)
            assert event
            await network.enrollments.save(ada, event)
        after, event = ada.mark_done(definition, "s99", NOW)
        assert event
        with pytest.raises(Unavailable):
            await network.enrollments.save(after, event)
        assert await network.enrollments.get(ada.id) == ada

    async def test_members_are_known_once_heard_of(self, network: Network) -> None:
        ada, bea = new_id(), new_id()
        for _ in range(2):
            await network.members.add(ada)
        assert await network.members.unknown([ada, bea]) == {bea}
        assert await network.members.unknown([]) == set()

    async def test_networks_share_nothing(self, kept: Networks) -> None:
        here, there = kept.of(NETWORK), kept.of(OTHER_NETWORK)
        request, program, cohort = a_request(), a_program(), a_cohort()
        enrollment = an_enrollment(cohort)
        await here.programs.add(program, request)
        await here.cohorts.add(cohort, request)
        await here.enrollments.add([enrollment])
        await here.members.add(enrollment.member_id)
        assert await there.programs.get(program.id) is None
        assert list(await there.programs.page(None, 10)) == []
        assert await there.cohorts.get(cohort.id) is None
        assert await there.enrollments.get(enrollment.id) is None
        assert list(await there.enrollments.page(enrollment.member_id, None, 10)) == []
        assert await there.enrollments.count(cohort.id) == 0
        assert await there.members.unknown([enrollment.member_id]) == {enrollment.member_id}
        other = a_program()
        assert await there.programs.add(other, request) == other


class TestFakeNetworks(NetworksContract):
    @pytest.fixture
    def kept(self) -> Networks:
        return FakeNetworks()


class TestMongoNetworks(NetworksContract):
    @pytest.fixture
    def kept(self, networks: MongoNetworks) -> Networks:
        return networks

    async def test_a_repeated_write_is_no_rival_of_the_first(self, network: Network) -> None:
        program, ada, request = a_program(), an_enrollment(), a_request()
        for _ in range(2):  # as a driver does that lost the first answer
            assert await network.programs.add(program, request) == program
            assert list(await network.enrollments.add([ada])) == [ada]

    async def test_of_many_at_once_one_makes_the_program(self, network: Network) -> None:
        request = a_request()
        made = await asyncio.gather(
            *(network.programs.add(a_program(), request) for _ in range(12))
        )
        assert len({program.id for program in made}) == 1
        assert list(await network.programs.page(None, 20)) == made[:1]

    async def test_no_title_is_in_what_waits_for_the_broker(
        self, network: Network, database: Database
    ) -> None:
        definition = a_definition(*steps(1), display_name="A secret name")
        await network.programs.add(a_program(definition), a_request())
        (ada,) = await network.enrollments.add([an_enrollment()])
        after, event = ada.mark_done(definition, "s0", NOW)
        assert event
        await network.enrollments.save(after, event)
        document = await database.unscoped("enrollments").find_one({})
        assert document
        assert len(document["outbox"]) == 4
        for entry in document["outbox"]:
            assert b"Say hello" not in entry["payload"]
            assert b"s0" not in entry["payload"]


async def test_every_hot_query_walks_an_index(networks: MongoNetworks, database: Database) -> None:
    network, cohort, request = networks.of(NETWORK), a_cohort(), a_request()
    await network.programs.add(a_program(), request)
    await network.cohorts.add(cohort, request)
    await network.enrollments.add([an_enrollment(cohort) for _ in range(50)])
    programs = database.collection("programs", NETWORK)
    cohorts = database.collection("cohorts", NETWORK)
    enrollments = database.collection("enrollments", NETWORK)
    made = {"author_id": request.author_id, "request_id": request.id}
    plans = [
        await programs.plan(made, [("_id", 1)]),
        await cohorts.plan(made, [("_id", 1)]),
        await programs.plan({}, [("_id", 1)]),
        await programs.plan({"_id": {"$gt": new_id()}}, [("_id", 1)]),
        await enrollments.plan({"cohort_id": cohort.id, "member_id": new_id()}, [("_id", 1)]),
        await enrollments.plan({"cohort_id": cohort.id}, [("_id", 1)]),
        await enrollments.plan({"member_id": new_id()}, [("_id", -1)]),
        await enrollments.plan({"member_id": new_id(), "_id": {"$lt": new_id()}}, [("_id", -1)]),
    ]
    for plan in plans:
        assert "IXSCAN" in str(plan)
        assert "COLLSCAN" not in str(plan)
