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
from kith.audit.events.v1 import audit_events_pb2 as audit
from kith.identity.events.v1 import identity_events_pb2 as events

from identity.domain.account import (
    Account,
    AccountClosed,
    AccountCreated,
    Events,
    SignalsConsentChanged,
    SignedIn,
)
from identity.domain.erasure import Erasure, ErasureStarted
from identity.domain.grant import RoleChange, RolesChanged

ACCOUNT_TOPIC = "identity.account.v1"
ACTIVITY_TOPIC = "activity.member.v1"
CHANGE_TOPIC = "identity.change.v1"
ACTIONS = {
    RoleChange.SET: "/kith.identity.v1.AccountService/UpdateRoles",
    RoleChange.GRANTED: "/kith.identity.v1.RoleService/GrantRole",
    RoleChange.REVOKED: "/kith.identity.v1.RoleService/RevokeRole",
    RoleChange.BADGE_AWARDED: "/kith.identity.v1.RoleService/AwardBadge",
    RoleChange.BADGE_WITHDRAWN: "/kith.identity.v1.RoleService/WithdrawBadge",
}


def outgoing(account: Account, happened: Events) -> Iterator[Outgoing]:
    """The events of one write, in order."""
    for event in happened:
        if isinstance(event, AccountClosed):
            yield from _closed(account, event)
            continue
        topic, message = _message(account, event)
        yield Outgoing(message, topic, account.id, account.version)


def of_erasure(erasure: Erasure, event: ErasureStarted) -> Iterator[Outgoing]:
    """The event that lets the services erase."""
    message = events.ErasureStarted(
        network_id=str(erasure.network_id), member_id=str(erasure.member_id),
        erasure_id=str(erasure.id), start_time=_timestamp(event.at),
    )  # fmt: skip
    yield Outgoing(message, ACCOUNT_TOPIC, erasure.member_id, erasure.version)


def _closed(account: Account, event: AccountClosed) -> Iterator[Outgoing]:
    """Both come after everything else that is told of the account: they wait behind it."""
    message = events.AccountClosed(
        network_id=str(account.network_id), member_id=str(account.id),
        close_time=_timestamp(event.at),
    )  # fmt: skip
    yield Outgoing(message, ACCOUNT_TOPIC, account.id, account.version)
    erased = _activity(account, activity.ACTIVITY_KIND_MEMBER_ERASED, event.at)
    yield Outgoing(erased, ACTIVITY_TOPIC, account.id, account.version)


def _message(
    account: Account, event: AccountCreated | SignedIn | SignalsConsentChanged | RolesChanged
) -> tuple[str, Message]:
    if isinstance(event, AccountCreated):
        return ACCOUNT_TOPIC, events.AccountCreated(
            network_id=str(account.network_id), member_id=str(account.id),
            imported=event.imported, create_time=_timestamp(event.at),
        )  # fmt: skip
    if isinstance(event, RolesChanged):
        return CHANGE_TOPIC, audit.ChangeRecorded(
            network_id=str(account.network_id), actor_id=str(event.by),
            subject_id=str(account.id), action=ACTIONS[event.change],
            occur_time=_timestamp(event.at),
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
