"""Whose turn it is to publish a document: at any time of one relay, and the document says whose.

Beside its time, the id of its first entry names the instance of the service that wrote it: of many
that wrote at once, the first in the order of the database. That instance may begin to publish the
document for a sixth of the grace, without asking anybody. Later whoever wants to, it too, takes the
turn first: one write, which happens only if the turn is as it was read, sets `outbox_turn`, an id
of the same kind, and leaves the document its place. Others take a turn only when it has been
somebody else's for the whole grace: its process is gone, stands still, or cannot reach the broker.

So a process that stood still holds nothing that it may publish: a turn of its own is over long
before another relay may take it, with what a producer needs to give up in between.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from uuid import UUID

from motor.motor_asyncio import AsyncIOMotorCollection
from prometheus_client import Counter
from pymongo import UpdateOne

from common.ids import instance_tag, new_id, tag_of, tagged_id
from common.mongo import Document
from common.outbox.documents import first_of, turn_of

GRACE_SECONDS = 60.0
"""More than a turn, a record's delivery and a request together, by what clocks may differ."""
TURNS_IN_GRACE = 6
_TAKEN = Counter(
    "kith_outbox_turns_taken_total", "Documents that waited so long that their turn was taken anew."
)


class Overtaken(Exception):
    """Another relay was faster: look again, at what waits now."""


class Turns:
    """What one relay may publish, and until when."""

    def __init__(
        self, tag: int | None = None, grace: float = GRACE_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """`tag` is of the instance whose documents are ours, as written in them: this process's
        own without one. `grace` seconds are left to another instance, from the start on."""
        self.seconds = grace / TURNS_IN_GRACE
        self._tag = instance_tag() if tag is None else tag
        self._grace = grace
        self._monotonic = monotonic
        self._well_since = monotonic()

    @property
    def over(self) -> UUID:
        """What waits since before this has no turn of its own any more."""
        return written_before(self.seconds)

    @property
    def left_behind(self) -> UUID:
        """What waits since before this may be anybody's."""
        return written_before(self._grace)

    def failed(self) -> None:
        """We could not publish: then others may have the same trouble, and need their time after it
        to publish what is theirs."""
        self._well_since = self._monotonic()

    def split(self, documents: Iterable[Document]) -> tuple[list[Document], list[Document]]:
        """Those that are ours to publish, as it is our turn or another's has lasted too long; and
        those that are for others."""
        well = self._monotonic() - self._well_since > self._grace
        lapsed = self.left_behind if well else UUID(int=0)
        ours: list[Document] = []
        others: list[Document] = []
        for document in documents:
            turn = turn_of(document)
            mine = tag_of(turn) == self._tag or turn < lapsed
            (ours if mine else others).append(document)
        return ours, others

    async def hold(
        self, collection: AsyncIOMotorCollection[Document], documents: Sequence[Document],
        check: Callable[[], Awaitable[None]],
    ) -> float:  # fmt: skip
        """Be sure of the turns, taking those that are not ours, or ours no more; the time, by the
        monotonic clock, until which to send them. Raises Overtaken, PyMongoError, and what `check`
        does: nothing is taken from anybody by whom the broker does not answer."""
        over = self.over
        late = [one for one in documents if self._is_over(turn_of(one), over)]
        if late:
            await check()
            await self._take(collection, late)
        oldest = min(turn_of(one) for one in documents)
        return self._monotonic() + self.seconds - max(0.0, _age(oldest))

    async def _take(
        self, collection: AsyncIOMotorCollection[Document], documents: Iterable[Document]
    ) -> None:
        turn = tagged_id(self._tag)
        writes = [
            UpdateOne({"_id": one["_id"], **_as_read(one)}, {"$set": {"outbox_turn": turn}})
            for one in documents
        ]
        taken = await collection.bulk_write(writes, ordered=False)
        _TAKEN.inc(taken.matched_count)
        if taken.matched_count < len(writes):
            raise Overtaken
        for one in documents:
            one["outbox_turn"] = turn

    def _is_over(self, turn: UUID, over: UUID) -> bool:
        return turn < over or tag_of(turn) != self._tag


def written_before(seconds: float) -> UUID:
    """The lowest UUIDv7 of `seconds` ago."""
    return UUID(int=(new_id().int >> 80) - round(seconds * 1000) << 80)


def _age(id: UUID) -> float:
    return ((new_id().int >> 80) - (id.int >> 80)) / 1000


def _as_read(document: Document) -> Document:
    return {"outbox.0.id": first_of(document), "outbox_turn": document.get("outbox_turn")}
