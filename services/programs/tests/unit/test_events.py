"""Every event programs writes, as published, against its golden file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from programs.adapters.events import outgoing
from programs.domain.enrollment import Enrollment, EnrollmentStarted, Event, StepDone

from services.programs.tests.builders import NETWORK, NOW

GOLDEN = Path(__file__).parent.parent / "golden"


def numbered(last: str) -> UUID:
    return UUID(f"01900000-0000-7000-8000-0000000000{last}")


ENROLLMENT = Enrollment(
    numbered("0e"), numbered("0c"), numbered("0d"), numbered("0a"), NOW, version=7
)
EVENTS: dict[str, Event] = {
    "enrollment_started": EnrollmentStarted(NOW),
    "step_done": StepDone(NOW, week=3, step_index=8, completed_program=False),
    "step_done_last": StepDone(NOW, week=12, step_index=39, completed_program=True),
}
ACTIVITIES = {"activity_enrolled": "enrollment_started", "activity_step_done": "step_done"}


@pytest.mark.parametrize("name", [*EVENTS, *ACTIVITIES])
def test_an_event_is_published_as_the_golden_file_has_it(
    name: str, golden: Callable[[Path, bytes], None]
) -> None:
    fact, did = outgoing(NETWORK, ENROLLMENT, EVENTS[ACTIVITIES.get(name, name)])
    event = did if name in ACTIVITIES else fact
    golden(GOLDEN / f"{name}.json", (MessageToJson(event.message) + "\n").encode())
    golden(GOLDEN / f"{name}.bin", event.message.SerializeToString(deterministic=True))
    kind: type[Message] = type(event.message)
    assert kind.FromString((GOLDEN / f"{name}.bin").read_bytes()) == event.message


@pytest.mark.parametrize("name", EVENTS)
def test_the_fact_goes_with_the_enrollment_and_the_activity_with_the_member(name: str) -> None:
    fact, did = outgoing(NETWORK, ENROLLMENT, EVENTS[name])
    assert (fact.topic, fact.key, fact.sequence) == ("programs.enrollment.v1", ENROLLMENT.id, 7)
    assert (did.topic, did.key, did.sequence) == ("activity.member.v1", ENROLLMENT.member_id, 7)
