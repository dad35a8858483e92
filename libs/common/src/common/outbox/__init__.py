"""The outbox: events are stored in the same document write as the state they tell of, and a
relay brings them to Kafka afterwards, at least once and in order.

Two ways to the relay: `wake` says that something was written and lets it look; `offer` hands over
documents that were just inserted and never change (messages, posts), which saves reading them back.
What a crash, a failure or a full hand-over leaves behind is found by the sweep.

Order: documents by `outbox_at`, or as offered; entries as written. A relay has at most one batch in
flight, with at most PER_KEY entries of one key, and a document keeps its place until its entries
are gone; so what a crash can publish twice is bounded, and consumers that remember the last
2 × PER_KEY event ids of a key take each event once. Any number of relays loses nothing and keeps
the order in which events first appear; but one that stalls between reading and sending may repeat
a batch that others have left far behind, so run one relay per service.
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
