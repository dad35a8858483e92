"""What the audit log is told of what an admin made, from the write that made it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from common.clock import epoch_millis
from common.outbox import Outgoing
from google.protobuf.timestamp_pb2 import Timestamp
from kith.audit.events.v1 import audit_events_pb2 as audit

from community.domain.circle import Circle
from community.domain.resource import Resource

CHANGE_TOPIC = "community.change.v1"
CREATE_CIRCLE = "/kith.community.v1.CircleService/CreateCircle"
CREATE_RESOURCE = "/kith.community.v1.ResourceService/CreateResource"
WITHDRAW_RESOURCE = "/kith.community.v1.ResourceService/WithdrawResource"


def of_circle(network_id: UUID, circle: Circle) -> Iterator[Outgoing]:
    """That somebody opened a circle; it is about nobody else."""
    yield _deed(network_id, circle.founder_id, CREATE_CIRCLE, circle.created_at, 1)


def of_resource(network_id: UUID, resource: Resource, by: UUID) -> Iterator[Outgoing]:
    """That somebody added a resource, or took it out; it is about nobody else."""
    action, at = CREATE_RESOURCE, resource.created_at
    if resource.withdrawn_at is not None:
        action, at = WITHDRAW_RESOURCE, resource.withdrawn_at
    yield _deed(network_id, by, action, at, resource.version)


def _deed(network_id: UUID, by: UUID, action: str, at: datetime, sequence: int) -> Outgoing:
    seconds, millis = divmod(epoch_millis(at), 1000)
    event = audit.ChangeRecorded(
        network_id=str(network_id), actor_id=str(by), action=action,
        occur_time=Timestamp(seconds=seconds, nanos=millis * 1_000_000),
    )  # fmt: skip
    return Outgoing(event, CHANGE_TOPIC, network_id, sequence)
