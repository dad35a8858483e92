"""Every event outcomes writes, as published, against its golden file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from outcomes.adapters.events import outgoing
from outcomes.domain.instruments import CHECK_IN, UCLA_3

from services.outcomes.tests.builders import NETWORK, a_response

GOLDEN = Path(__file__).parent.parent / "golden"
RESPONSE = UUID("01900000-0000-7000-8000-00000000000e")
MEMBER = UUID("01900000-0000-7000-8000-00000000000a")
LONELY = replace(a_response(UCLA_3, 3, 3, 2, member_id=MEMBER), id=RESPONSE)
VERY_HARD = replace(a_response(CHECK_IN, 0, member_id=MEMBER), id=RESPONSE)
EVENTS = {
    "response_scored_ucla_3": (LONELY, 0), "activity_survey_score": (LONELY, 1),
    "response_scored_check_in": (VERY_HARD, 0), "activity_check_in": (VERY_HARD, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_published_as_the_golden_file_has_it(
    name: str, golden: Callable[[Path, bytes], None]
) -> None:
    response, index = EVENTS[name]
    event = list(outgoing(NETWORK, response))[index]
    golden(GOLDEN / f"{name}.json", (MessageToJson(event.message) + "\n").encode())
    golden(GOLDEN / f"{name}.bin", event.message.SerializeToString(deterministic=True))
    kind: type[Message] = type(event.message)
    assert kind.FromString((GOLDEN / f"{name}.bin").read_bytes()) == event.message


def test_the_fact_goes_with_the_response_and_the_activity_with_the_member() -> None:
    fact, did = outgoing(NETWORK, LONELY)
    assert (fact.topic, fact.key, fact.sequence) == ("outcomes.response.v1", RESPONSE, 1)
    assert (did.topic, did.key, did.sequence) == ("activity.member.v1", MEMBER, 1)


def test_the_worst_check_in_still_has_a_value() -> None:
    _, did = outgoing(NETWORK, VERY_HARD)
    assert b'"value": 0' in MessageToJson(did.message).encode()
