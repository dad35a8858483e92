"""What the world is told of an account: that it is there, was used, and allows what; no name, no
address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from common.clock import epoch_millis
from common.outbox import Outgoing
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from kith.activity.events.v1 import activity_events_pb2 as activity
from kith.identity.events.v1 import identity_events_pb2 as events

from identity.domain.account import Account, AccountCreated, Event, Events, SignedIn

ACCOUNT_TOPIC = "identity.account.v1"
ACTIVITY_TOPIC = "activity.member.v1"


def outgoing(account: Account, happened: Events) -> Iterator[Outgoing]:
    """The events of one write, in order."""
    for event in happened:
        topic, message = _message(account, event)
        yield Outgoing(message, topic, account.id, account.version)


def _message(account: Account, event: Event) -> tuple[str, Message]:
    if isinstance(event, AccountCreated):
        return ACCOUNT_TOPIC, events.AccountCreated(
            network_id=str(account.network_id), member_id=str(account.id),
            imported=event.imported, create_time=_timestamp(event.at),
        )  # fmt: skip
    if isinstance(event, SignedIn):
        return ACTIVITY_TOPIC, _activity(account, activity.ACTIVITY_KIND_SESSION, event.at)
    kind = (
        activity.ACTIVITY_KIND_SIGNALS_CONSENT_GRANTED if event.granted
        else activity.ACTIVITY_KIND_SIGNALS_CONSENT_WITHDRAWN
    )  # fmt: skip
    return ACTIVITY_TOPIC, _activity(account, kind, event.at, imported=event.imported)


def _activity(
    account: Account, kind: activity.ActivityKind.ValueType, at: datetime, *, imported: bool = False
) -> activity.ActivityRecorded:
    return activity.ActivityRecorded(
        network_id=str(account.network_id), member_id=str(account.id), kind=kind,
        occur_time=_timestamp(at), imported=imported,
    )  # fmt: skip


def _timestamp(at: datetime) -> Timestamp:
    seconds, millis = divmod(epoch_millis(at), 1000)
    return Timestamp(seconds=seconds, nanos=millis * 1_000_000)
