"""What the audit log is told of what an admin made, from the write that made it."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from common.clock import epoch_millis
from common.outbox import Outgoing
from google.protobuf.timestamp_pb2 import Timestamp
from kith.audit.events.v1 import audit_events_pb2 as audit

from community.domain.circle import Circle

CHANGE_TOPIC = "community.change.v1"
CREATE_CIRCLE = "/kith.community.v1.CircleService/CreateCircle"


def of_circle(network_id: UUID, circle: Circle) -> Iterator[Outgoing]:
    """That somebody opened a circle; it is about nobody else."""
    seconds, millis = divmod(epoch_millis(circle.created_at), 1000)
    event = audit.ChangeRecorded(
        network_id=str(network_id), actor_id=str(circle.founder_id), action=CREATE_CIRCLE,
        occur_time=Timestamp(seconds=seconds, nanos=millis * 1_000_000),
    )  # fmt: skip
    yield Outgoing(event, CHANGE_TOPIC, network_id, 1)
