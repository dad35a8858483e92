"""What the world is told of who is close to whom: that it is so, or no more; and in whose ids."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from common.outbox import Outgoing
from kith.community.events.v1 import tie_events_pb2 as events

from community.adapters.events import timestamp
from community.domain.circle import Membership
from community.domain.connection import Connection, State

MEMBERSHIP_TOPIC = "community.membership.v1"
CONNECTION_TOPIC = "community.connection.v1"
ERASED = "kith.community.events.v1.TieErased"
"""The type of a tombstone."""


def of_membership(network_id: UUID, id: UUID, membership: Membership) -> Iterator[Outgoing]:
    """The event of a membership as it is now: its member is in the circle, or out."""
    named = {
        "network_id": str(network_id), "circle_id": str(membership.circle_id),
        "member_id": str(membership.member_id),
    }  # fmt: skip
    told: events.CircleJoined | events.CircleLeft
    if membership.left_at is None:
        told = events.CircleJoined(**named, join_time=timestamp(membership.joined_at))
    else:
        told = events.CircleLeft(**named, leave_time=timestamp(membership.left_at))
    yield Outgoing(told, MEMBERSHIP_TOPIC, id, membership.version)


def of_connection(network_id: UUID, connection: Connection) -> Iterator[Outgoing]:
    """The event of a connection as it just became, if it is one for others."""
    first, second = connection.member_ids
    named = {
        "network_id": str(network_id), "first_member_id": str(first),
        "second_member_id": str(second),
    }  # fmt: skip
    at = timestamp(connection.changed_at)
    told: events.ConnectionAgreed | events.ConnectionEnded
    if connection.state is State.CONNECTED:
        told = events.ConnectionAgreed(**named, agree_time=at)
    elif connection.state is State.ENDED:
        told = events.ConnectionEnded(**named, end_time=at)
    else:
        return
    yield Outgoing(told, CONNECTION_TOPIC, connection.id, connection.version)
