"""The story of the demo network links only to what is in it."""

from __future__ import annotations

import json
import re
from importlib.resources import files


def test_every_link_of_the_story_leads_to_a_resource_of_it() -> None:
    text = (files("kith_cli") / "story.json").read_text()
    called = {resource["called"] for resource in json.loads(text)["resources"]}
    linked = set(re.findall(r"kith:resources/([a-z-]+)", text))
    assert linked
    assert linked <= called
