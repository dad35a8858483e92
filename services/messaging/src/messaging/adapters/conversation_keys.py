"""The data key of each conversation: made with it in the same write, stored wrapped, and remembered
open for a while.

In a conversation's document `wrapped_key` is the key and `key_id` the master key that wrapped it. A
conversation of before this has neither until somebody writes in it or `rewrapping` comes by; then
`unsealed` says that words may stand in it in clear. Where both members have gone the key is gone,
and `key_id` says so.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from common import log
from common.mongo import ASCENDING, Database, Document, IndexModel

from messaging.adapters.sealing import Seal, new_key
from messaging.application.key_ports import KeyWrapper, MasterKeyMissing, WrappedKey
from messaging.domain.errors import ConversationNotFound

logger = log.get(__name__)
COLLECTION = "conversations"
DESTROYED = "~destroyed"
"""In place of a master key's id; sorts behind all of them."""
MOST = 10_000
"""Keys remembered; each takes 2.5 KB."""
SECONDS = 600.0
"""How long: after that, a key destroyed through another process is not known here either."""
FIELDS = {"key_id": 1, "wrapped_key": 1}
INDEXES = [
    # For machinery over all networks; not sparse, or what has no key is not found by it.
    IndexModel([("key_id", ASCENDING)], name="by_master_key"),
    IndexModel([("unsealed", ASCENDING)], name="in_clear", sparse=True),
]


@dataclass(slots=True)
class Remembered:
    """A key of which the database was asked: wrapped at first, open when somebody needs it."""

    network_id: UUID
    until: float
    key: WrappedKey | Seal


class ConversationKeys:
    """Seals of conversations, for all networks."""

    def __init__(
        self, database: Database, wrapper: KeyWrapper, *, most: int = MOST,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._database = database
        self._wrapper = wrapper
        self._most = most
        self._monotonic = monotonic
        self._remembered: OrderedDict[UUID, Remembered] = OrderedDict()

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._remembered)

    async def new_fields(self, network_id: UUID, conversation_id: UUID) -> Document:
        """A new key, as a conversation's document holds it. Raises Unavailable."""
        bound_to = bound(network_id, conversation_id)
        wrapped = await self._wrapper.wrap(new_key(), bound_to)
        return {"key_id": wrapped.master_id, "wrapped_key": wrapped.content}

    def note(self, network_id: UUID, document: Document) -> None:
        """A conversation was read for another reason: spare the next who needs its key to."""
        wrapped, id = wrapped_in(document), document["_id"]
        if wrapped is not None and self._known(id) is None:
            self._remember(network_id, id, wrapped)

    async def of(self, network_id: UUID, conversation_id: UUID) -> Seal:
        """The seal of a conversation that is stored, which is given a key if it has none.

        Raises ConversationNotFound when its key was destroyed; MasterKeyMissing, KeyDamaged,
        Unavailable.
        """
        known = self._known(conversation_id)
        if known is not None and isinstance(known.key, WrappedKey):
            with suppress(MasterKeyMissing):  # it may have been wrapped anew since it was noted
                known.key = await self._opened(network_id, conversation_id, known.key)
        if known is not None and isinstance(known.key, Seal):
            return known.key
        stored = await self._stored(network_id, conversation_id)
        known = self._remember(network_id, conversation_id, stored)
        known.key = seal = await self._told(network_id, conversation_id, stored)
        return seal

    async def of_all(
        self, network_id: UUID, conversation_ids: Collection[UUID]
    ) -> Mapping[UUID, Seal]:
        """The seals of several, with one read for all; raises what `of` raises."""
        unread = [id for id in conversation_ids if self._known(id) is None]
        if len(unread) > 1:
            conversations = self._database.collection(COLLECTION, network_id)
            for document in await conversations.find(
                {"_id": {"$in": unread}}, sort=[("_id", ASCENDING)], limit=0, projection=FIELDS
            ):
                self.note(network_id, document)
        return {id: await self.of(network_id, id) for id in conversation_ids}

    def forget(self, network_id: UUID) -> None:
        """Somebody of this network was erased: some keys may have been destroyed."""
        gone = [id for id, one in self._remembered.items() if one.network_id == network_id]
        for id in gone:
            del self._remembered[id]

    def _known(self, id: UUID) -> Remembered | None:
        known = self._remembered.get(id)
        if known is None or known.until <= self._monotonic():
            return None
        self._remembered.move_to_end(id)
        return known

    def _remember(self, network_id: UUID, id: UUID, wrapped: WrappedKey) -> Remembered:
        made = Remembered(network_id, self._monotonic() + SECONDS, wrapped)
        self._remembered[id] = made
        self._remembered.move_to_end(id)
        if len(self._remembered) > self._most:
            self._remembered.popitem(last=False)
        return made

    async def _stored(self, network_id: UUID, id: UUID) -> WrappedKey:
        conversations = self._database.collection(COLLECTION, network_id)
        document = await conversations.find_one({"_id": id}, FIELDS)
        if document is not None and "key_id" not in document:
            await self.give(network_id, id)
            document = await conversations.find_one({"_id": id}, FIELDS)
        wrapped = wrapped_in(document) if document else None
        if wrapped is None:
            raise ConversationNotFound("no such conversation of yours", field="conversation_id")
        return wrapped

    async def give(self, network_id: UUID, id: UUID) -> bool:
        """Give a conversation of before its key; whether this was the one that did."""
        fields = await self.new_fields(network_id, id)
        return await self._database.collection(COLLECTION, network_id).update_one(
            {"_id": id, "key_id": None}, {"$set": {**fields, "unsealed": True}}
        )

    async def _opened(self, network_id: UUID, id: UUID, wrapped: WrappedKey) -> Seal:
        key = await self._wrapper.unwrap(wrapped, bound(network_id, id))
        return Seal(key, network_id, id)

    async def _told(self, network_id: UUID, id: UUID, wrapped: WrappedKey) -> Seal:
        try:
            return await self._opened(network_id, id, wrapped)
        except MasterKeyMissing:
            logger.error(
                "conversation_key.unavailable", conversation_id=str(id),
                master_key_id=wrapped.master_id,
                help="put this master key back where KITH_MESSAGE_KEYS says",
            )  # fmt: skip
            raise


def wrapped_in(document: Document) -> WrappedKey | None:
    """The key in a conversation's document; None where there is none."""
    content = document.get("wrapped_key")
    return None if content is None else WrappedKey(document["key_id"], content)


def bound(network_id: UUID, conversation_id: UUID) -> bytes:
    """What a conversation's key is for."""
    return b"kith conversation\0" + network_id.bytes + conversation_id.bytes
