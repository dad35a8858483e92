"""What does this test do? It enrolls members and marks steps while processes crash before and
after each write and devices hang with an old state in hand: a member never gets two seats, each
enrollment tells its story once and without a gap, and trying again always gets there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from common.ids import new_id
from common.testing.clock import FakeClock
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from programs.application.enroll_members import enroll_members
from programs.application.mark_step_done import mark_step_done
from programs.domain.enrollment import Enrollment, EnrollmentStarted, StepDone

from services.programs.tests.builders import (
    NOW,
    a_caller,
    a_cohort,
    a_definition,
    a_program,
    a_request,
    access_of,
    steps,
)
from services.programs.tests.fakes import FakeEnrollments, FakeNetwork

CLOCK = FakeClock(NOW)
MEMBERS = [new_id() for _ in range(3)]
STEPS = 3


class Crash(BaseException):
    """The process is gone: nothing after this point runs."""


class Enrollments(FakeEnrollments):
    """Writing can crash before, in the midst of or after it, or hang before it."""

    def __init__(self) -> None:
        super().__init__()
        self.fault = ""
        self.gate: asyncio.Event | None = None

    async def add(
        self, enrollments: Sequence[Enrollment], by: UUID | None = None
    ) -> Sequence[Enrollment]:
        kept = {"before": 0, "midst": 1}.get(self.fault, len(enrollments))
        made = await super().add(enrollments[:kept], by)
        if self.fault:
            raise Crash
        return made

    async def save(self, enrollment: Enrollment, event: StepDone) -> None:
        fault, gate = self.fault, self.gate
        if gate is not None:
            await gate.wait()
        if fault in {"before", "midst"}:
            raise Crash
        await super().save(enrollment, event)
        if fault == "after":
            raise Crash


class Program(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.runner = asyncio.Runner()
        self.network = FakeNetwork()
        self.enrollments = self.network.enrollments = Enrollments()
        self.network.members.all.update(MEMBERS)
        self.hanging: list[tuple[asyncio.Event, asyncio.Task[None]]] = []
        self.acknowledged: set[tuple[UUID, str]] = set()
        self.runner.run(self._open())

    async def _open(self) -> None:
        program = a_program(a_definition(*steps(STEPS)))
        await self.network.programs.add(program, a_request())
        self.cohort = await self.network.cohorts.add(a_cohort(program), a_request())

    @rule(
        who=st.lists(st.sampled_from(MEMBERS), min_size=1, max_size=4),
        fault=st.sampled_from(["", "", "before", "midst", "after"]),
    )
    def enroll(self, who: list[UUID], fault: str) -> None:
        self.runner.run(self._enroll(who, fault))

    @precondition(lambda self: self.enrollments.all)
    @rule(
        data=st.data(), step=st.integers(0, STEPS - 1),
        fault=st.sampled_from(["", "", "before", "after"]),
    )  # fmt: skip
    def mark(self, data: st.DataObject, step: int, fault: str) -> None:
        self.runner.run(self._mark(self._some(data), f"s{step}", fault))

    @precondition(lambda self: self.enrollments.all)
    @rule(data=st.data(), step=st.integers(0, STEPS - 1))
    def hang(self, data: st.DataObject, step: int) -> None:
        async def begin() -> None:
            gate = self.enrollments.gate = asyncio.Event()
            task = asyncio.create_task(self._mark(self._some(data), f"s{step}", ""))
            for _ in range(5):
                await asyncio.sleep(0)  # until it waits at the gate, or is done
            self.enrollments.gate = None
            self.hanging.append((gate, task))

        self.runner.run(begin())

    @precondition(lambda self: self.hanging)
    @rule(data=st.data())
    def wake_up(self, data: st.DataObject) -> None:
        self._finish(*self.hanging.pop(data.draw(st.integers(0, len(self.hanging) - 1))))

    @invariant()
    def every_story_is_told_once_and_without_a_gap(self) -> None:
        seats = [one.member_id for one in self.enrollments.all.values()]
        assert len(seats) == len(set(seats)), "two seats for one member"
        for one in self.enrollments.all.values():
            first, *others = self.enrollments.told[one.id]
            done = [event for event in others if isinstance(event, StepDone)]
            assert first == EnrollmentStarted(NOW)
            assert len(done) == len(others)
            assert [f"s{event.step_index}" for event in done] == list(one.done_step_ids)
            assert len(set(one.done_step_ids)) == len(one.done_step_ids)
            assert one.version == 1 + len(done)
            ends = [event.completed_program for event in done]
            assert ends == [number == STEPS for number in range(1, len(done) + 1)]
            assert one.completed == (len(done) == STEPS)

    @invariant()
    def what_was_acknowledged_is_there(self) -> None:
        for id, step in self.acknowledged:
            assert step in self.enrollments.all[id].done_step_ids

    def teardown(self) -> None:
        for gate, task in self.hanging:
            self._finish(gate, task)
        self.runner.run(self._enroll(MEMBERS, ""))
        for one in list(self.enrollments.all.values()):
            for index in range(STEPS):
                self.runner.run(self._mark(one, f"s{index}", ""))
        assert len(self.enrollments.all) == len(MEMBERS)
        assert all(one.completed for one in self.enrollments.all.values())
        self.every_story_is_told_once_and_without_a_gap()
        self.runner.close()

    def _some(self, data: st.DataObject) -> Enrollment:
        return data.draw(st.sampled_from(sorted(self.enrollments.all.values(), key=str)))

    def _finish(self, gate: asyncio.Event, task: asyncio.Task[None]) -> None:
        async def finish() -> None:
            gate.set()
            await task

        self.runner.run(finish())

    async def _enroll(self, who: Sequence[UUID], fault: str) -> None:
        self.enrollments.fault = fault
        try:
            made = await enroll_members(
                self.network.ports(), CLOCK, cohort_id=self.cohort.id, member_ids=who
            )
            assert [one.member_id for one in made] == list(dict.fromkeys(who))
        except Crash:
            assert fault
        finally:
            self.enrollments.fault = ""

    async def _mark(self, one: Enrollment, step: str, fault: str) -> None:
        self.enrollments.fault = fault
        try:
            await mark_step_done(
                self.network.ports(), CLOCK, access_of(a_caller(id=one.member_id)),
                enrollment_id=one.id, step_id=step,
            )  # fmt: skip
            self.acknowledged.add((one.id, step))
        except Crash:
            assert fault
        finally:
            self.enrollments.fault = ""


TestProgram = Program.TestCase
TestProgram.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
