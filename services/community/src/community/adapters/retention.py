"""How long community keeps what it has."""

from __future__ import annotations

from common.retention import Fate, Rule
from erasure.eraser import RETENTION

from community.adapters.mongo_blocks import MARKS_KEPT, UNKNOWN_KEPT

_WHY = "it decides whose requests she is not shown"
_COPY = "a copy of what messaging keeps"

RULES: tuple[Rule, ...] = (
    Rule("circles", "circles", Fate.KEPT, "they are their members'", "created_at"),
    Rule(
        "memberships", "who is in which circle, or was", Fate.ERASURE,
        "it is how she sees the circle; whoever hears of it needs the order of coming and going",
        "joined_at",
    ),
    Rule(
        "connections", "who is connected with whom, asked, or was", Fate.ERASURE,
        "both come back to it; how soon one may ask again rests on it", "asked_at",
    ),
    Rule("members", "who is a member", Fate.ERASURE, "so that nobody asks who is not there"),
    Rule("blocks", "who blocks whom, as messaging tells it", Fate.ERASURE, _WHY),
    Rule(
        "blocks", "that a block ended", Fate.EXPIRES,
        "until no older event can come again (ADR 30)", "ended_at", MARKS_KEPT, unheld=_COPY,
    ),
    Rule(
        "blocks", "that somebody unknown is blocked, or blocks", Fate.EXPIRES,
        "until she is heard of, or does not come any more (ADR 34)", "unknown_since", UNKNOWN_KEPT,
        unheld=_COPY,
    ),
    Rule("posts", "posts", Fate.ERASURE, "others come back to what was said", "created_at"),
    Rule("comments", "comments", Fate.ERASURE, "others come back to what was said", "created_at"),
    Rule(
        "cases",
        "crisis cases",
        Fate.ERASURE,
        "what was done when somebody was in danger; without her name once she has left",
        "opened_at",
    ),
    Rule("resources", "the library", Fate.KEPT, "it is its network's", "created_at"),
    *RETENTION,
)  # fmt: skip
