"""How long signals keeps what it has; the states themselves are in a compacted topic."""

from __future__ import annotations

from datetime import timedelta

from common.retention import Fate, Rule
from erasure.eraser import RETENTION

RULES: tuple[Rule, ...] = (
    Rule(
        "members",
        "signals",
        Fate.ERASURE,
        "they are of now; also gone when she withdraws her consent",
    ),
    Rule(
        "days",
        "a course, day by day",
        Fate.ERASURE,
        "she sees her course; also gone when she withdraws her consent",
    ),
    Rule(
        "erased",
        "notes that a member's signals are gone",
        Fate.EXPIRES,
        "until the receipt is signed, which takes minutes",
        "noted_at",
        timedelta(days=30),
        unheld="of who has gone already, whom no hold can be about",
    ),
    *RETENTION,
)
