"""Reading programs and enrollments."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from common.auth import Caller

from programs.application.ports import Enrollments, Programs
from programs.domain.enrollment import Enrollment
from programs.domain.program import Program

MOST_STEPS = 5_000
"""On one page of programs, so that it always fits into a message."""


async def list_programs(
    programs: Programs, after: UUID | None, size: int
) -> tuple[Sequence[Program], bool]:
    """A page of the network's programs, oldest first, and whether there are more.

    It is cut short before MOST_STEPS, but never empty while there are more.
    """
    found = await programs.page(after, size + 1)
    page = _fitting(found[:size])
    return page, len(page) < len(found)


async def own_enrollments(
    enrollments: Enrollments, caller: Caller, before: UUID | None, size: int
) -> tuple[Sequence[Enrollment], bool]:
    """A page of the caller's enrollments, newest first, and whether there are more."""
    found = await enrollments.page(caller.subject, before, size + 1)
    return found[:size], len(found) > size


def _fitting(found: Sequence[Program]) -> Sequence[Program]:
    steps = 0
    for index, program in enumerate(found):
        steps += len(program.definition.steps)
        if index and steps > MOST_STEPS:
            return found[:index]
    return found
