"""The programs that come with Kith can be created through the API as they are."""

from __future__ import annotations

import json
from collections import Counter
from importlib import resources

from kith.programs.v1 import programs_pb2 as pb
from programs.adapters.library import stronger_together
from programs.domain.program import StepKind
from programs.entrypoints import translate


def test_stronger_together_is_a_program_a_network_may_offer() -> None:
    program = stronger_together()
    program.check()
    assert (program.display_name, program.weeks) == ("Stronger Together", 12)


def test_every_week_has_a_check_in_and_something_to_take_or_give() -> None:
    steps = stronger_together().steps
    of_week = {week: [step.kind for step in steps if step.week == week] for week in range(1, 13)}
    for kinds in of_week.values():
        assert kinds.count(StepKind.CHECK_IN) == 1
        assert set(kinds) - {StepKind.CHECK_IN, StepKind.ASSESSMENT}
    assert {step.kind for step in steps} == set(StepKind)


def test_loneliness_is_measured_at_the_start_and_after_4_8_and_12_weeks() -> None:
    steps = stronger_together().steps
    assert [s.week for s in steps if s.kind is StepKind.ASSESSMENT] == [1, 4, 8, 12]
    assert Counter(step.kind for step in steps)[StepKind.PEER_MEETING] == 1


def test_the_file_is_what_a_client_sends() -> None:
    file = resources.files("programs.adapters.library").joinpath("stronger_together.json")
    content = json.loads(file.read_bytes())
    assert set(content) == {"displayName", "weeks", "steps"}
    sent = [
        pb.Step(
            id=step["id"], week=step["week"], title=step["title"],
            kind=pb.StepKind.Value(f"STEP_KIND_{step['kind'].upper()}"),
        )
        for step in content["steps"]
    ]  # fmt: skip
    assert translate.steps_of(sent) == stronger_together().steps
