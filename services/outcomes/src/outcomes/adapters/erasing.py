"""What becomes of a leaving member's responses: all of them go."""

from __future__ import annotations

from erasure.steps import Remove, Step

STEPS: tuple[Step, ...] = (Remove("responses", "member_id"),)
