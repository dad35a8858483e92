"""Programs that come with Kith, as data: each file is what a client sends to create the program."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from programs.domain.program import Definition, Step, StepKind


def stronger_together() -> Definition:
    """Twelve weeks in a circle, with an assessment at the start and after 4, 8 and 12 weeks."""
    return _read("stronger_together.json")


def _read(name: str) -> Definition:
    content: dict[str, Any] = json.loads(resources.files(__name__).joinpath(name).read_bytes())
    steps = tuple(
        Step(step["id"], step["week"], StepKind(step["kind"]), step["title"])
        for step in content["steps"]
    )
    return Definition(content["displayName"], content["weeks"], steps)
