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
from kith.identity.events.v1 import consent_events_pb2 as consents
from kith.identity.events.v1 import identity_events_pb2 as events
from kith.identity.events.v1 import session_events_pb2 as sessions

from identity.adapters.deeds import CHANGE_TOPIC, of_done
from identity.domain.account import (
    Account,
    AccountClosed,
    AccountCreated,
    ConsentsChanged,
    Events,
    SessionsEnded,
    SignalsConsentChanged,
    SignedIn,
)
from identity.domain.consent import Decision
from identity.domain.deed import Done
from identity.domain.erasure import Erasure, ErasureStarted
from identity.domain.grant import RoleChange, RolesChanged
from identity.domain.text import Purpose

ACCOUNT_TOPIC = "identity.account.v1"
ACTIVITY_TOPIC = "activity.member.v1"
CONSENT_TOPIC = "identity.consent.v1"
SESSION_TOPIC = "identity.session.v1"
_PURPOSES = {
    purpose: consents.ConsentPurpose.Value(f"CONSENT_PURPOSE_{purpose.upper()}")
    for purpose in Purpose
}
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
        if isinstance(event, Done):
            yield from of_done(account.network_id, event, account.version)
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
    ended = _sessions(account, SessionsEnded(event.at))
    yield Outgoing(ended, SESSION_TOPIC, account.id, account.version)
    erased = _activity(account, activity.ACTIVITY_KIND_MEMBER_ERASED, event.at)
    yield Outgoing(erased, ACTIVITY_TOPIC, account.id, account.version)


def _message(
    account: Account,
    event: AccountCreated
    | SignedIn
    | SignalsConsentChanged
    | ConsentsChanged
    | RolesChanged
    | SessionsEnded,
) -> tuple[str, Message]:
    if isinstance(event, SessionsEnded):
        return SESSION_TOPIC, _sessions(account, event)
    if isinstance(event, ConsentsChanged):
        return CONSENT_TOPIC, _consents(account, event)
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
    told = _activity(account, kind, event.at, imported=event.imported)
    told.consent_version = event.text_version
    return ACTIVITY_TOPIC, told


def _sessions(account: Account, event: SessionsEnded) -> sessions.SessionsEnded:
    one = event.session_id
    return sessions.SessionsEnded(
        network_id=str(account.network_id), member_id=str(account.id),
        session_id=str(one) if one else "", epoch=0 if one else account.session_epoch,
        end_time=_timestamp(event.at),
    )  # fmt: skip


def _consents(account: Account, event: ConsentsChanged) -> consents.ConsentsChanged:
    return consents.ConsentsChanged(
        network_id=str(account.network_id), member_id=str(account.id),
        consents=map(_held, account.consents.values()), changed=_PURPOSES[event.purpose],
        decide_time=_timestamp(event.at),
    )  # fmt: skip


def _held(decision: Decision) -> consents.ConsentHeld:
    return consents.ConsentHeld(
        purpose=_PURPOSES[decision.purpose], granted=decision.granted,
        text_version=decision.text_version, decide_time=_timestamp(decision.decided_at),
        record_id=str(decision.id),
    )  # fmt: skip


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
