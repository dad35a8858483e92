"""What can become of a member's documents in a collection; a service's rules are a list of these.

Every step finds by the member's id and leaves nothing that it would find again, so a step that was
cut off is simply done once more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from common.mongo import ASCENDING, Collection, Database, Document

from erasure.receipts import Count

BATCH = 200


@dataclass(frozen=True, slots=True)
class Leaving:
    """Who leaves; `stand_in` is the random id that takes her place where one is needed."""

    network_id: UUID
    member_id: UUID
    stand_in: UUID


class Step(Protocol):
    """One kind of thing that a service owns of a member."""

    @property
    def kind(self) -> str:
        """Its name in receipts."""
        ...

    async def count(self, database: Database, leaving: Leaving) -> Count:
        """What `apply` would do now."""
        ...

    async def apply(self, database: Database, leaving: Leaving) -> None:
        """Remove or anonymise; doing it again changes nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Remove:
    """The documents whose `field` is the member go."""

    kind: str
    field: str

    async def count(self, database: Database, leaving: Leaving) -> Count:
        """See Step."""
        found = database.collection(self.kind, leaving.network_id)
        return Count(removed=await found.count({self.field: leaving.member_id}))

    async def apply(self, database: Database, leaving: Leaving) -> None:
        """See Step."""
        found = database.collection(self.kind, leaving.network_id)
        await found.delete_many({self.field: leaving.member_id})


Change = Callable[[Document, Leaving], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Anonymise:
    """The documents whose `field` is the member stay, with what `change` gives set in them."""

    kind: str
    field: str
    change: Change

    async def count(self, database: Database, leaving: Leaving) -> Count:
        """See Step."""
        found = database.collection(self.kind, leaving.network_id)
        return Count(anonymised=await found.count({self.field: leaving.member_id}))

    async def apply(self, database: Database, leaving: Leaving) -> None:
        """See Step."""
        collection = database.collection(self.kind, leaving.network_id)
        await change_all(collection, {self.field: leaving.member_id}, leaving, self.change)


def stand_in(field: str) -> Change:
    """A change that puts the stand-in into `field` and leaves the rest."""
    return lambda _, leaving: {field: leaving.stand_in}


async def change_all(
    collection: Collection, wanted: Mapping[str, Any], leaving: Leaving, change: Change,
    by: str = "_id", unchanged: Sequence[str] = (),
) -> None:  # fmt: skip
    """Change documents until none is `wanted` any more; `change` must see to that.

    `by` is the field to go along, ascending and unique among them: one that an index has in order
    spares the database to sort what is left for each batch. `unchanged` are the fields that others
    may change meanwhile and `change` depends on: where one did, it is read anew.
    """
    after: Mapping[str, Any] = {}
    while True:
        found = await collection.find(
            {**wanted, **after}, sort=[(by, ASCENDING)], limit=BATCH, projection={"outbox": 0}
        )
        missed = False
        for document in found:
            same = {field: document[field] for field in ("_id", *unchanged)}
            update = {"$set": change(document, leaving)}
            missed |= not await collection.update_one({**wanted, **same}, update)
        if len(found) == BATCH:
            after = {by: {"$gt": found[-1][by]}}
        elif after or missed:
            after = {}  # whether any is left
        else:
            return
