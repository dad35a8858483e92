"""How long community keeps what it has."""

from __future__ import annotations

from common.retention import Fate, Rule
from erasure.eraser import RETENTION

RULES: tuple[Rule, ...] = (
    Rule("circles", "circles", Fate.KEPT, "they are their members'", "created_at"),
    Rule("memberships", "who is in which circle", Fate.ERASURE, "it is how she sees the circle"),
    Rule("posts", "posts", Fate.ERASURE, "others come back to what was said", "created_at"),
    Rule("comments", "comments", Fate.ERASURE, "others come back to what was said", "created_at"),
    Rule(
        "cases",
        "crisis cases",
        Fate.ERASURE,
        "what was done when somebody was in danger; without her name once she has left",
        "opened_at",
    ),
    *RETENTION,
)
