"""A program: steps in weeks. It never changes once it is there, so that a member's place in it
means the same for ever."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from common.errors import Invalid

from programs.domain.errors import StepNotFound
from programs.domain.text import check_line

MAX_WEEKS = 52
MAX_STEPS = 500
MAX_TITLE = 120
_STEP_ID = re.compile(r"[a-z0-9-]{1,40}")


class StepKind(StrEnum):
    """What a step is."""

    RESOURCE = "resource"
    DISCUSSION = "discussion"
    CHECK_IN = "check_in"
    ASSESSMENT = "assessment"
    PEER_MEETING = "peer_meeting"
    TASK = "task"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do in a week, counted from 1."""

    id: str
    week: int
    kind: StepKind
    title: str


@dataclass(frozen=True, slots=True)
class Definition:
    """What a program consists of; steps are in the order of weeks."""

    display_name: str
    weeks: int
    steps: tuple[Step, ...]

    def check(self) -> None:
        """Raise Invalid, naming the first field that is wrong, unless a network may offer this."""
        check_line(self.display_name, "display_name")
        if not 1 <= self.weeks <= MAX_WEEKS:
            raise Invalid(f"weeks must be 1 to {MAX_WEEKS}", field="weeks")
        if not 1 <= len(self.steps) <= MAX_STEPS:
            raise Invalid(f"a program has 1 to {MAX_STEPS} steps", field="steps")
        first_week, seen = 1, set[str]()
        for index, step in enumerate(self.steps):
            _check(step, f"steps[{index}]", range(first_week, self.weeks + 1), seen)
            first_week = step.week
            seen.add(step.id)

    def place_of(self, step_id: str) -> int:
        """Where a step stands in the list, from 0. Raises StepNotFound."""
        for index, step in enumerate(self.steps):
            if step.id == step_id:
                return index
        raise StepNotFound("the program has no such step", field="step_id")


@dataclass(frozen=True, slots=True)
class Program:
    """A definition that a network offers."""

    id: UUID
    definition: Definition
    created_at: datetime


def _check(step: Step, at: str, weeks: range, seen: Container[str]) -> None:
    if not _STEP_ID.fullmatch(step.id):
        raise Invalid("a step's id must be 1 to 40 of a-z, 0-9 and -", field=f"{at}.id")
    if step.id in seen:
        raise Invalid("a step's id must be unique in its program", field=f"{at}.id")
    if step.week not in weeks:
        raise Invalid(
            "a step's week must be one of the program, and steps in the order of weeks",
            field=f"{at}.week",
        )
    check_line(step.title, f"{at}.title", MAX_TITLE)
