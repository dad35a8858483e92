"""Every event identity writes, as published, against its golden file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from identity.adapters.events import outgoing
from identity.domain.account import (
    AccountCreated,
    ConsentsChanged,
    Event,
    SessionsEnded,
    SignalsConsentChanged,
    SignedIn,
)
from identity.domain.grant import RoleChange, RolesChanged
from identity.domain.text import Purpose
from kith.audit.events.v1.audit_events_pb2 import ChangeRecorded
from policy import Actor
from policy.table import TABLE

from services.identity.tests.builders import NOW, a_choice, a_member

SOMEBODY = Actor(UUID(int=1), UUID(int=2), frozenset({"member"}))
TOPICS = {
    "account": "identity.account.v1", "activity": "activity.member.v1",
    "change": "identity.change.v1", "consents": "identity.consent.v1",
    "sessions": "identity.session.v1",
}  # fmt: skip
GOLDEN = Path(__file__).parent.parent / "golden"
MEMBER = UUID("01900000-0000-7000-8000-00000000000a")
ACCOUNT = replace(a_member()[0], id=MEMBER)
for _granted, _purpose in (
    (True, Purpose.SERVICE),
    (True, Purpose.SIGNALS),
    (False, Purpose.RESEARCH),
):
    ACCOUNT, _ = ACCOUNT.decide(a_choice(_granted, _purpose), NOW)
ACCOUNT = replace(ACCOUNT, version=7)
ADMIN = UUID("01900000-0000-7000-8000-00000000000b")
EVENTS: dict[str, Event] = {
    "account_created": AccountCreated(NOW, imported=False),
    "account_created_imported": AccountCreated(NOW, imported=True),
    "activity_session": SignedIn(NOW),
    "activity_signals_consent_granted": SignalsConsentChanged(
        NOW, granted=True, text_version=1, imported=False
    ),
    "activity_signals_consent_granted_imported": SignalsConsentChanged(
        NOW, granted=True, text_version=0, imported=True
    ),
    "activity_signals_consent_withdrawn": SignalsConsentChanged(
        NOW, granted=False, text_version=1, imported=False
    ),
    "consents_changed": ConsentsChanged(NOW, Purpose.RESEARCH),
    "sessions_ended": SessionsEnded(NOW),
    "sessions_ended_one": SessionsEnded(NOW, UUID("01900000-0000-7000-8000-00000000000d")),
    "change_role_granted": RolesChanged(NOW, ADMIN, RoleChange.GRANTED),
}


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_published_as_the_golden_file_has_it(
    name: str, golden: Callable[[Path, bytes], None]
) -> None:
    (event,) = outgoing(ACCOUNT, [EVENTS[name]])
    assert event.key == MEMBER
    assert event.sequence == 7
    golden(GOLDEN / f"{name}.json", (MessageToJson(event.message) + "\n").encode())
    golden(GOLDEN / f"{name}.bin", event.message.SerializeToString(deterministic=True))
    kind: type[Message] = type(event.message)
    assert kind.FromString((GOLDEN / f"{name}.bin").read_bytes()) == event.message


def test_topics_follow_the_kind_of_event() -> None:
    topics = {name: next(iter(outgoing(ACCOUNT, [event]))).topic for name, event in EVENTS.items()}
    for name, topic in topics.items():
        assert topic == TOPICS[name.partition("_")[0]]


def test_every_change_of_roles_is_told_as_an_action_of_the_policy() -> None:
    for change in RoleChange:
        (event,) = outgoing(ACCOUNT, [RolesChanged(NOW, ADMIN, change)])
        assert isinstance(event.message, ChangeRecorded)
        assert TABLE[event.message.action].decide(SOMEBODY, None).needed == ("network_admin",)
