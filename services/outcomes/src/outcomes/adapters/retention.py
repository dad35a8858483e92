"""How long outcomes keeps what it has."""

from __future__ import annotations

from common.retention import Fate, Rule
from erasure.eraser import RETENTION

RULES: tuple[Rule, ...] = (
    Rule(
        "responses",
        "answers and scores",
        Fate.ERASURE,
        "she sees her course over years, and what was published can be computed again",
        "created_at",
    ),
    *RETENTION,
)
