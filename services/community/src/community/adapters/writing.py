"""State and events of one document, in one write."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from common import outbox
from common.errors import Unavailable
from common.mongo import Collection, Document, DuplicateKeyError
from common.outbox import Outgoing

from community.application.ports import Taken

Wake = Callable[[], None]
NO_OUTBOX = {"outbox": 0}


async def insert(collection: Collection, state: Document, told: Document, wake: Wake) -> None:
    """Store a new document with its events. Raises Taken."""
    try:
        await collection.insert_one({"_id": state.pop("id"), **state, **told})
    except DuplicateKeyError as error:
        raise Taken from error
    finally:
        wake()  # also when it failed: it may be stored all the same


async def save_next(
    collection: Collection, id: UUID, state: Document, told: Iterable[Outgoing], wake: Wake
) -> None:
    """Store the next version of a document with its events.

    Raises Taken if it changed meanwhile, Unavailable if too many events of it wait.
    """
    before = {"_id": id, "version": (state["version"] - 1) or None}  # what has none is of before
    try:
        saved = await collection.update_one({**before, **outbox.ROOM}, outbox.push(told, state))
    except DuplicateKeyError as error:
        raise Taken from error
    finally:
        wake()
    if saved:
        return
    if await collection.find_one(before, {"_id": 1}) is not None:
        raise Unavailable("events cannot be published at the moment; try again")
    raise Taken
