"""What the audit log is told of what an admin did, from the write that did it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from common.clock import epoch_millis
from common.outbox import Outgoing
from google.protobuf.timestamp_pb2 import Timestamp
from kith.audit.events.v1 import audit_events_pb2 as audit

CHANGE_TOPIC: Final = "programs.change.v1"
CREATE_PROGRAM: Final = "/kith.programs.v1.ProgramService/CreateProgram"
CREATE_COHORT: Final = "/kith.programs.v1.ProgramService/CreateCohort"
ENROLL_MEMBERS: Final = "/kith.programs.v1.EnrollmentService/EnrollMembers"


def of_deed(
    network_id: UUID, action: str, by: UUID, at: datetime, subject_id: UUID | None = None
) -> Iterator[Outgoing]:
    """That somebody did it because of her role, to a member or, without one, for the network."""
    seconds, millis = divmod(epoch_millis(at), 1000)
    event = audit.ChangeRecorded(
        network_id=str(network_id), actor_id=str(by), action=action,
        subject_id=str(subject_id) if subject_id else "",
        occur_time=Timestamp(seconds=seconds, nanos=millis * 1_000_000),
    )  # fmt: skip
    yield Outgoing(event, CHANGE_TOPIC, subject_id or network_id, 1)
