"""What the world is told of an enrollment: seats and steps by number, and no title."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from common.clock import epoch_millis
from common.outbox import Outgoing
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from kith.activity.events.v1 import activity_events_pb2 as activity
from kith.programs.events.v1 import programs_events_pb2 as events

from programs.domain.enrollment import Enrollment, EnrollmentStarted, Event

ENROLLMENT_TOPIC = "programs.enrollment.v1"
ACTIVITY_TOPIC = "activity.member.v1"


def outgoing(network_id: UUID, enrollment: Enrollment, event: Event) -> Iterator[Outgoing]:
    """The events of one write: the fact, and the member's activity."""
    kind = (
        activity.ACTIVITY_KIND_ENROLLED if isinstance(event, EnrollmentStarted)
        else activity.ACTIVITY_KIND_STEP_DONE
    )  # fmt: skip
    did = activity.ActivityRecorded(
        network_id=str(network_id), member_id=str(enrollment.member_id), kind=kind,
        occur_time=_timestamp(event.at), subject_id=str(enrollment.id),
    )  # fmt: skip
    fact = _fact(network_id, enrollment, event)
    yield Outgoing(fact, ENROLLMENT_TOPIC, enrollment.id, enrollment.version)
    yield Outgoing(did, ACTIVITY_TOPIC, enrollment.member_id, enrollment.version)


def _fact(network_id: UUID, enrollment: Enrollment, event: Event) -> Message:
    if isinstance(event, EnrollmentStarted):
        return events.EnrollmentStarted(
            network_id=str(network_id), enrollment_id=str(enrollment.id),
            program_id=str(enrollment.program_id), cohort_id=str(enrollment.cohort_id),
            member_id=str(enrollment.member_id), create_time=_timestamp(event.at),
        )  # fmt: skip
    return events.StepDone(
        network_id=str(network_id), enrollment_id=str(enrollment.id),
        program_id=str(enrollment.program_id), member_id=str(enrollment.member_id),
        week=event.week, step_index=event.step_index, completed_program=event.completed_program,
        done_time=_timestamp(event.at),
    )  # fmt: skip


def _timestamp(at: datetime) -> Timestamp:
    seconds, millis = divmod(epoch_millis(at), 1000)
    return Timestamp(seconds=seconds, nanos=millis * 1_000_000)
