"""Between the words of the contracts and those of the domain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from common.clock import epoch_millis, from_epoch_millis
from common.errors import Invalid
from common.ids import parse_id
from google.protobuf.timestamp_pb2 import Timestamp
from kith.programs.v1 import programs_pb2 as pb

from programs.domain.cohort import Cohort
from programs.domain.enrollment import Enrollment
from programs.domain.program import Program, Step, StepKind

_KINDS = {kind: pb.StepKind.Value(f"STEP_KIND_{kind.upper()}") for kind in StepKind}
_KIND_OF = {number: kind for kind, number in _KINDS.items()}


def steps_of(steps: Iterable[pb.Step]) -> tuple[Step, ...]:
    """The steps meant. Raises Invalid for a kind that is not known."""
    return tuple(
        Step(step.id, step.week, _kind_of(step.kind, f"steps[{index}].kind"), step.title)
        for index, step in enumerate(steps)
    )


def time_of(stamp: Timestamp, field: str) -> datetime:
    """The time meant, cut to milliseconds. Raises Invalid for one no calendar has."""
    try:
        return from_epoch_millis(stamp.seconds * 1000 + stamp.nanos // 1_000_000)
    except (OverflowError, ValueError, OSError):
        raise Invalid(f"{field} is not a time", field=field) from None


def ids_of(texts: Iterable[str], field: str) -> list[UUID]:
    """The ids meant. Raises Invalid naming the first that is none."""
    return [parse_id(text, f"{field}[{index}]") for index, text in enumerate(texts)]


def page_of(asked: int, token: str, *, default: int, most: int) -> tuple[int, UUID | None]:
    """How many items are on a page, and after (or before) which id. Raises Invalid."""
    if not 0 <= asked <= most:
        raise Invalid(f"page_size must be 1 to {most}, or 0 for {default}", field="page_size")
    return asked or default, parse_id(token, "page_token") if token else None


def program(item: Program) -> pb.Program:
    """A program as it is told."""
    definition = item.definition
    return pb.Program(
        id=str(item.id), display_name=definition.display_name, weeks=definition.weeks,
        steps=map(_step, definition.steps), create_time=_timestamp(item.created_at),
    )  # fmt: skip


def cohort(item: Cohort, enrolled: int) -> pb.Cohort:
    """A cohort as it is told."""
    return pb.Cohort(
        id=str(item.id), program_id=str(item.program_id), display_name=item.display_name,
        start_time=_timestamp(item.start_at), enrollment_count=enrolled,
    )  # fmt: skip


def enrollment(item: Enrollment) -> pb.Enrollment:
    """An enrollment as it is told."""
    state = pb.ENROLLMENT_STATE_COMPLETED if item.completed else pb.ENROLLMENT_STATE_ACTIVE
    return pb.Enrollment(
        id=str(item.id), cohort_id=str(item.cohort_id), program_id=str(item.program_id),
        member_id=str(item.member_id), state=state, done_step_ids=item.done_step_ids,
        create_time=_timestamp(item.created_at),
    )  # fmt: skip


def _kind_of(number: pb.StepKind.ValueType, field: str) -> StepKind:
    try:
        return _KIND_OF[number]
    except KeyError:
        raise Invalid("no such kind of step", field=field) from None


def _step(step: Step) -> pb.Step:
    return pb.Step(id=step.id, week=step.week, kind=_KINDS[step.kind], title=step.title)


def _timestamp(at: datetime) -> Timestamp:
    seconds, millis = divmod(epoch_millis(at), 1000)
    return Timestamp(seconds=seconds, nanos=millis * 1_000_000)
