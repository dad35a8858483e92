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
    SignalsConsentChanged,
    SignedIn,
)
from identity.domain.text import Purpose

from services.identity.tests.builders import NOW, a_choice, a_member

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
        kind, _, _ = name.partition("_")
        assert topic == {
            "activity": "activity.member.v1", "account": "identity.account.v1",
            "consents": "identity.consent.v1",
        }[kind]  # fmt: skip
