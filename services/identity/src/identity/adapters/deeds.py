"""What the audit log is told of what was done because of a role, from the write that did it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from uuid import UUID

from common.clock import epoch_millis
from common.outbox import Outgoing
from google.protobuf.timestamp_pb2 import Timestamp
from kith.audit.events.v1 import audit_events_pb2 as audit

from identity.domain.deed import Deed, Done

CHANGE_TOPIC: Final = "identity.change.v1"
_V1: Final = "/kith.identity.v1."
DEEDS: Final[Mapping[Deed, str]] = {
    Deed.NETWORK_CREATED: _V1 + "NetworkService/CreateNetwork",
    Deed.NETWORK_UPDATED: _V1 + "NetworkSettingsService/UpdateNetwork",
    Deed.INVITE_CREATED: _V1 + "InviteService/CreateInvite",
    Deed.INVITE_REVOKED: _V1 + "JoiningService/RevokeInvite",
    Deed.HOLD_PLACED: _V1 + "HoldService/PlaceHold",
    Deed.HOLD_LIFTED: _V1 + "HoldService/LiftHold",
    Deed.ERASURE_HELD: _V1 + "ErasureService/HoldErasure",
    Deed.ERASURE_RELEASED: _V1 + "ErasureService/ReleaseErasure",
    Deed.ERASURE_ALLOWED: _V1 + "ErasureService/AllowErasure",
    Deed.SESSIONS_ENDED: _V1 + "DeviceService/DeleteSessions",
}


def of_done(network_id: UUID, done: Done, version: int) -> Iterator[Outgoing]:
    """The event of a deed; `version` is that of the document that holds it."""
    seconds, millis = divmod(epoch_millis(done.at), 1000)
    event = audit.ChangeRecorded(
        network_id=str(network_id), actor_id=str(done.by),
        subject_id=str(done.subject_id) if done.subject_id else "", action=DEEDS[done.deed],
        occur_time=Timestamp(seconds=seconds, nanos=millis * 1_000_000),
    )  # fmt: skip
    yield Outgoing(event, CHANGE_TOPIC, done.subject_id or network_id, version)
