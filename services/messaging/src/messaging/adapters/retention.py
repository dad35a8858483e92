"""How long messaging keeps what it has."""

from __future__ import annotations

from common.retention import Fate, Rule
from erasure.eraser import RETENTION

from messaging.adapters.mongo_imports import COLLECTION as IMPORTS
from messaging.adapters.mongo_imports import KEPT as IMPORTS_KEPT
from messaging.adapters.mongo_reports import KEPT
from messaging.adapters.mongo_ties import MARKS_KEPT, UNKNOWN_KEPT
from messaging.adapters.mongo_touches import COLLECTION as TOUCHES
from messaging.domain.touched import KEPT as TOUCHES_KEPT

_COPY = "a copy of what community keeps"
_WHY = "it decides who writes without asking"
_ROOMS = f"{_WHY}, and who is in the room of a circle"


def _ended(collection: str, kind: str) -> Rule:
    why = "until no older event can come again (ADR 30)"
    return Rule(collection, kind, Fate.EXPIRES, why, "ended_at", MARKS_KEPT, unheld=_COPY)


def _unknown(collection: str, kind: str) -> Rule:
    why = "until she is heard of, or does not come any more (ADR 34)"
    return Rule(collection, kind, Fate.EXPIRES, why, "unknown_since", UNKNOWN_KEPT, unheld=_COPY)


RULES: tuple[Rule, ...] = (
    Rule(
        "conversations",
        "who talks to whom",
        Fate.ERASURE,
        "who is in it comes back",
        "created_at",
    ),
    Rule("messages", "messages", Fate.ERASURE, "all come back to what was said", "created_at"),
    Rule(
        "messages",
        "what messages said before they were changed",
        Fate.ENDS,
        "for who looks into harm; gone 30 days after the last change",
        "trace_until",
    ),
    Rule("members", "who is a member", Fate.ERASURE, "so that nobody writes to who is not there"),
    Rule("seats", "her side of a conversation", Fate.ERASURE, "what she decided about it holds"),
    Rule("availabilities", "when she answers", Fate.ERASURE, "what she said holds"),
    Rule("blocks", "whom she does not hear, and since when", Fate.ERASURE, "she decided so"),
    Rule("contact_rules", "who may write to her", Fate.ERASURE, "what she decided holds"),
    Rule("circle_places", "who is in which circle, as community tells it", Fate.ERASURE, _ROOMS),
    _ended("circle_places", "that somebody left a circle"),
    _unknown("circle_places", "that somebody unknown is in a circle"),
    Rule(
        "connected_pairs", "who is connected with whom, as community tells it", Fate.ERASURE, _WHY
    ),
    _ended("connected_pairs", "that a connection ended"),
    _unknown("connected_pairs", "that somebody unknown is connected"),
    Rule(
        "marks", "how far members have read", Fate.ERASURE, "so that each device knows what is new"
    ),
    Rule(
        "presences",
        "who shows when she was here, and the last time, to ten minutes",
        Fate.ERASURE,
        "she chose so; a later time takes its place, and hiding it takes it away",
    ),
    Rule(
        TOUCHES,
        "which messages were changed, and when",
        Fate.EXPIRES,
        "for devices that were away",
        "last_at",
        TOUCHES_KEPT,
        unheld="numbers of places, and nobody",
    ),
    Rule("receipt_choices", "who does not show it", Fate.ERASURE, "so that it is kept to"),
    Rule(
        "reports",
        "reports, with what was said around them",
        Fate.EXPIRES,
        "for who looks into harm, and whoever asks why it was decided so",
        "created_at",
        KEPT,
        unheld="messaging does not hear of holds: not yet",
    ),
    Rule(
        IMPORTS,
        "that a history was brought in, from which source",
        Fate.EXPIRES,
        "for who asks where it came from; who did it is in the audit log (ADR 31)",
        "begun_at",
        IMPORTS_KEPT,
        unheld="names nobody",
    ),
    *RETENTION,
)
