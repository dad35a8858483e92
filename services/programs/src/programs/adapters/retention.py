"""How long programs keeps what it has."""

from __future__ import annotations

from common.retention import Fate, Rule
from erasure.eraser import RETENTION

RULES: tuple[Rule, ...] = (
    Rule("programs", "programs", Fate.KEPT, "made for all of a network", "created_at"),
    Rule("cohorts", "cohorts", Fate.KEPT, "made for all of a network", "start_at"),
    Rule(
        "enrollments",
        "who follows which program, and how far",
        Fate.ERASURE,
        "her own way",
        "created_at",
    ),
    Rule("members", "who is a member", Fate.ERASURE, "so that nobody enrolls who is not there"),
    *RETENTION,
)
