"""What becomes of a leaving member's programs: her enrollments go, what she made for all stays."""

from __future__ import annotations

from erasure.steps import Anonymise, Remove, Step, stand_in

STEPS: tuple[Step, ...] = (
    Remove("members", "_id"),
    Remove("enrollments", "member_id"),
    Anonymise("programs", "author_id", stand_in("author_id")),
    Anonymise("cohorts", "author_id", stand_in("author_id")),
)
