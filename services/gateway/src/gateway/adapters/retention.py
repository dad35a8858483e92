"""How long the gateway keeps what it has."""

from __future__ import annotations

from common.retention import Fate, Rule

RULES: tuple[Rule, ...] = (
    Rule(
        "answers",
        "outcomes of requests with an Idempotency-Key",
        Fate.EXPIRES,
        "a day for a client to ask again (ADR 13)",
        "expire_at",
        unheld="sealed by a key that only her device had, and it names nobody",
    ),
)
