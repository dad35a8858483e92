"""The outbox: events are stored in the same document write as the state they tell of, and a
relay brings them to Kafka afterwards, at least once and in order.

Two ways to the relay: `wake` says that something was written and lets it look; `offer` hands over
documents that were just inserted and never change (messages, posts), which saves reading them back.
What a crash, a failure or a full hand-over leaves behind is found by the sweep.

Each instance of a service has a relay. Which of them publishes a document, its turn says: first the
instance that wrote it, also after a restart, and others once that one has had its time (turns.py).
So a document is in one relay's hands at a time, and one that stood still publishes nothing of
before.

Order: the documents of one instance by `outbox_at`, or as offered; entries as written. Events of
one key from several documents may cross when several instances wrote them. A relay has at most one
batch in flight, with at most PER_KEY entries of one key, and a document keeps its place until its
entries are gone; so what a crash can publish twice is bounded, and consumers that remember the last
2 × PER_KEY event ids of a key take each event once, unless other instances published as many of
that key before the repetition (ADR 40).
"""

from __future__ import annotations

from common.outbox.documents import (
    INDEX,
    MAX_WAITING,
    PER_KEY,
    ROOM,
    Outgoing,
    entries,
    fields,
    push,
    waiting,
)
from common.outbox.relay import Relay

__all__ = [
    "INDEX", "MAX_WAITING", "PER_KEY", "ROOM", "Outgoing", "Relay", "entries", "fields", "push",
    "waiting",
]  # fmt: skip
