"""How long each kind of data is kept, as data: what a service declares, and says in its database.

A service's rules are a list (`adapters/retention.py`). What ends by its age the database removes by
a TTL index, so no rule needs a process that remembers to run; a test holds rules and indexes
together. `kith retention` reads what the services that run have declared, and what is true of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from common.mongo import Database

COLLECTION = "retention"


class Fate(StrEnum):
    """What becomes of a kind of data in the end."""

    EXPIRES = "expires"  # the database removes it by a TTL index
    ERASURE = "until erasure"  # it goes, or forgets whose it is, when its member leaves
    ENDS = "until its end"  # what it serves ends, and the service removes it with that
    KEPT = "kept"  # for good


@dataclass(frozen=True, slots=True)
class Rule:
    """How long one kind of data of a collection is kept, and why so long.

    `since` is the time in each document from which `after` is counted, and where it is given for
    something that does not expire, how old a document is. A document without it is another kind.

    What expires says what a legal hold does to it (ADR 31): `whose` is where a document says which
    member's it is, and its end is put off while she is under one; or `unheld` says why it is not.
    """

    collection: str
    kind: str
    fate: Fate
    why: str
    since: str = ""
    after: timedelta = timedelta(0)
    whose: str = ""
    unheld: str = ""

    def __post_init__(self) -> None:
        expires = self.fate is Fate.EXPIRES
        if expires and not self.since:
            raise ValueError(f"{self.collection}: what expires has to say since when it counts")
        if not expires and self.after:
            raise ValueError(f"{self.collection}: only what expires does so after a time")
        if expires == (bool(self.whose) == bool(self.unheld)):
            raise ValueError(f"{self.collection}: what expires says what a legal hold does to it")
        if self.whose and self.after:
            raise ValueError(f"{self.collection}: what can be held says itself when it ends")


THESE = Rule(COLLECTION, "these rules", Fate.KEPT, "each start of the service says them anew")
"""The rule of the rules themselves; every service has it without declaring it."""


async def declare(database: Database, rules: Sequence[Rule]) -> None:
    """Say which rules hold, in place of those said before; safe to repeat and to race."""
    said = database.unscoped(COLLECTION)
    documents = [
        {
            "_id": f"{rule.collection}: {rule.kind}", "collection": rule.collection,
            "kind": rule.kind, "fate": str(rule.fate), "why": rule.why, "since": rule.since,
            "after_seconds": round(rule.after.total_seconds()), "place": place,
        }
        for place, rule in enumerate([*rules, THESE])
    ]  # fmt: skip
    for document in documents:
        await said.replace_one({"_id": document["_id"]}, document, upsert=True)
    await said.delete_many({"_id": {"$nin": [document["_id"] for document in documents]}})
