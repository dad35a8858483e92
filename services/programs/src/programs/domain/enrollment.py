"""An enrollment: one member's way through a program, step by step, each counted once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from programs.domain.program import Definition


@dataclass(frozen=True, slots=True)
class EnrollmentStarted:
    """A member got a seat in a cohort."""

    at: datetime


@dataclass(frozen=True, slots=True)
class StepDone:
    """A member did a step, the last one if `completed_program`."""

    at: datetime
    week: int
    step_index: int
    completed_program: bool


Event = EnrollmentStarted | StepDone


@dataclass(frozen=True, slots=True)
class Enrollment:
    """`version` counts the events of the enrollment; `done_step_ids` are in the order done."""

    id: UUID
    cohort_id: UUID
    program_id: UUID
    member_id: UUID
    created_at: datetime
    done_step_ids: tuple[str, ...] = ()
    completed: bool = False
    version: int = 1

    def started(self) -> EnrollmentStarted:
        """What a new enrollment tells."""
        return EnrollmentStarted(self.created_at)

    def mark_done(
        self, definition: Definition, step_id: str, at: datetime
    ) -> tuple[Enrollment, StepDone | None]:
        """The enrollment with the step done; itself, and no event, if it was done before.

        `definition` is that of the program followed. Raises StepNotFound.
        """
        index = definition.place_of(step_id)
        if step_id in self.done_step_ids:
            return self, None
        done = (*self.done_step_ids, step_id)
        completed = len(done) == len(definition.steps)
        event = StepDone(at, definition.steps[index].week, index, completed)
        after = replace(self, done_step_ids=done, completed=completed, version=self.version + 1)
        return after, event
