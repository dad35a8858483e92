"""What is told of circles and connections, as published, against golden files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from common.outbox import Outgoing
from community.adapters.tie_events import of_connection, of_membership
from community.domain.circle import Membership
from community.domain.connection import first_request
from google.protobuf.json_format import MessageToJson

from services.community.tests.builders import NETWORK, NOW

GOLDEN = Path(__file__).parent.parent / "golden"
CIRCLE, ANA, BEN, PLACE = (
    UUID(f"01900000-0000-7000-8000-0000000000{digits}") for digits in ("0c", "0a", "0b", "0f")
)
LATER = NOW + timedelta(seconds=90, milliseconds=7)
JOINED = Membership(CIRCLE, ANA, 3, NOW)
ASKED = first_request(BEN, ANA, NOW)
AGREED = ASKED.ask(ANA, LATER)
ENDED = AGREED.let_go(BEN, LATER)
EVENTS: dict[str, Outgoing] = {
    "circle_joined": next(of_membership(NETWORK, PLACE, JOINED)),
    "circle_left": next(of_membership(NETWORK, PLACE, JOINED.leave(LATER))),
    "connection_agreed": next(of_connection(NETWORK, AGREED)),
    "connection_ended": next(of_connection(NETWORK, ENDED)),
}


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_published_as_the_golden_file_has_it(
    name: str, golden: Callable[[Path, bytes], None]
) -> None:
    message = EVENTS[name].message
    golden(GOLDEN / f"{name}.json", (MessageToJson(message) + "\n").encode())
    golden(GOLDEN / f"{name}.bin", message.SerializeToString(deterministic=True))
    assert type(message).FromString((GOLDEN / f"{name}.bin").read_bytes()) == message


def test_each_tie_has_a_key_and_an_order_of_its_own() -> None:
    told = [(event.topic, event.key, event.sequence) for event in EVENTS.values()]
    assert told == [
        ("community.membership.v1", PLACE, 1), ("community.membership.v1", PLACE, 2),
        ("community.connection.v1", ASKED.id, 2), ("community.connection.v1", ASKED.id, 3),
    ]  # fmt: skip


def test_of_asking_declining_and_taking_back_nobody_is_told() -> None:
    for quiet in (ASKED, ASKED.let_go(ANA, NOW), ASKED.let_go(BEN, NOW)):
        assert list(of_connection(NETWORK, quiet)) == []
