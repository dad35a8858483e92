"""How long messaging keeps what it has."""

from __future__ import annotations

from common.retention import Fate, Rule
from erasure.eraser import RETENTION

from messaging.adapters.mongo_imports import COLLECTION as IMPORTS
from messaging.adapters.mongo_imports import KEPT

RULES: tuple[Rule, ...] = (
    Rule("conversations", "who talks to whom", Fate.ERASURE, "both come back to it", "created_at"),
    Rule("messages", "messages", Fate.ERASURE, "both come back to what was said", "created_at"),
    Rule("members", "who is a member", Fate.ERASURE, "so that nobody writes to who is not there"),
    Rule(
        IMPORTS,
        "that a history was brought in, from which source",
        Fate.EXPIRES,
        "for who asks where it came from; who did it is in the audit log (ADR 31)",
        "begun_at",
        KEPT,
        unheld="names nobody",
    ),
    *RETENTION,
)
