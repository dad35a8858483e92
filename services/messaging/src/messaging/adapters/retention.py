"""How long messaging keeps what it has."""

from __future__ import annotations

from common.retention import Fate, Rule
from erasure.eraser import RETENTION

from messaging.adapters.mongo_reports import KEPT

RULES: tuple[Rule, ...] = (
    Rule("conversations", "who talks to whom", Fate.ERASURE, "both come back to it", "created_at"),
    Rule("messages", "messages", Fate.ERASURE, "both come back to what was said", "created_at"),
    Rule(
        "messages",
        "what messages said before they were changed",
        Fate.ENDS,
        "for who looks into harm; gone 30 days after the last change",
        "trace_until",
    ),
    Rule("members", "who is a member", Fate.ERASURE, "so that nobody writes to who is not there"),
    Rule(
        "marks", "how far members have read", Fate.ERASURE, "so that each device knows what is new"
    ),
    Rule("receipt_choices", "who does not show it", Fate.ERASURE, "so that it is kept to"),
    Rule(
        "reports",
        "reports, with what was said around them",
        Fate.EXPIRES,
        "for who looks into harm, and whoever asks why it was decided so",
        "created_at",
        KEPT,
    ),
    *RETENTION,
)
