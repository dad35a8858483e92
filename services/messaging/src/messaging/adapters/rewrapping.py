"""Brings what is stored to the master key of now, a bit at a time: keys wrapped by an older one are
wrapped anew, and words of a time before sealing are sealed. Messages that are sealed stay as they
are, for the key they are sealed with stays the same.

Every step is one write that happens only if nothing changed meanwhile, so any number of processes
may do this, and one that is killed has lost nothing: the next finds what is left by the same
question.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from common import log
from common.errors import DomainError, NotFound
from common.mongo import ASCENDING, Database, Document, is_away

from messaging.adapters.conversation_keys import (
    COLLECTION,
    DESTROYED,
    ConversationKeys,
    bound,
    wrapped_in,
)
from messaging.adapters.message_documents import place_of
from messaging.application.key_ports import KeyDamaged, KeyWrapper, MasterKeyMissing

logger = log.get(__name__)
BATCH, PAGE = 20, 200
MOST_STUCK = 100
SECONDS = 30.0


class UnknownMasterKey(Exception):
    """There are conversations that none of the master keys opens; the message says what to do."""


class Rewrapping:
    """Looks for what is to be done, and does it."""

    def __init__(self, database: Database, wrapper: KeyWrapper, keys: ConversationKeys) -> None:
        self._database = database
        self._conversations = database.unscoped(COLLECTION)
        self._wrapper = wrapper
        self._keys = keys

    async def check(self) -> None:
        """Raise UnknownMasterKey if a master key is missing."""
        known = [*self._wrapper.known(), DESTROYED, None]
        found = await self._conversations.find_one({"key_id": {"$nin": known}}, {"key_id": 1})
        if found is not None:
            raise UnknownMasterKey(
                f"the master key {found['key_id']} is missing, and conversations are sealed with"
                " it: put its file back where KITH_MESSAGE_KEYS says"
            )

    async def run(self, every: float = SECONDS) -> None:
        """Learn of new master keys and bring everything up to date, again and again."""
        while True:
            await self._wrapper.refresh()
            try:
                await self.once()
            except DomainError as error:
                logger.error("conversation_keys.rewrapping_stopped", problem=error.message)
            except Exception as error:
                if not is_away(error):
                    raise
                logger.warning("conversation_keys.rewrapping_waits", error=type(error).__name__)
            await asyncio.sleep(every)

    async def once(self) -> Mapping[str, int]:
        """Do all there is to do now; how many keys were `made` and `rewrapped`, and how many
        conversations `sealed`. One whose key does not open is named in the log and left as it is.
        Raises Unavailable, and what the database raises."""
        current = self._wrapper.current()
        older = [id for id in self._wrapper.known() if id != current]
        done = {
            "made": await self._all({"key_id": None}, self._make),
            "sealed": await self._all({"unsealed": True}, self._seal),
            "rewrapped": sum([await self._all({"key_id": id}, self._rewrap) for id in older]),
        }
        if any(done.values()):
            logger.info("conversation_keys.up_to_date", master_key_id=current, **done)
        return done

    async def _all(self, wanted: Document, do: Callable[[Document], Awaitable[bool]]) -> int:
        """Take batches until none is left that is wanted; `do` sees to that, or raises."""
        count = 0
        stuck: list[UUID] = []
        while len(stuck) < MOST_STUCK:
            rest = {**wanted, "_id": {"$nin": stuck}} if stuck else wanted
            found = await self._conversations.find(rest).limit(BATCH).to_list(BATCH)
            if not found:
                break
            done = await asyncio.gather(*map(do, found), return_exceptions=True)
            for document, outcome in zip(found, done, strict=True):
                if isinstance(outcome, KeyDamaged | MasterKeyMissing | NotFound):
                    stuck.append(document["_id"])
                    self._tell_stuck(document, outcome)
                elif isinstance(outcome, BaseException):
                    raise outcome
                else:
                    count += outcome
        return count

    def _tell_stuck(self, conversation: Document, error: DomainError) -> None:
        logger.error(
            "conversation_key.stuck", conversation_id=str(conversation["_id"]),
            master_key_id=str(conversation.get("key_id")), problem=error.message,
        )  # fmt: skip

    async def _make(self, conversation: Document) -> bool:
        return await self._keys.give(conversation["network_id"], conversation["_id"])

    async def _rewrap(self, conversation: Document) -> bool:
        network_id, id = conversation["network_id"], conversation["_id"]
        before, bound_to = wrapped_in(conversation), bound(network_id, id)
        if before is None:
            raise KeyDamaged("the data key is not there")
        key = await self._wrapper.unwrap(before, bound_to)
        after = await self._wrapper.wrap(key, bound_to)
        unchanged = {"_id": id, "key_id": before.master_id, "wrapped_key": before.content}
        return await self._database.collection(COLLECTION, network_id).update_one(
            unchanged, {"$set": {"key_id": after.master_id, "wrapped_key": after.content}}
        )

    async def _seal(self, conversation: Document) -> bool:
        network_id, id = conversation["network_id"], conversation["_id"]
        seal = await self._keys.of(network_id, id)
        messages, after = self._database.collection("messages", network_id), 0
        while found := await messages.find(
            {"conversation_id": id, "sequence": {"$gt": after}},
            sort=[("sequence", ASCENDING)], limit=PAGE, projection={"outbox": 0},
        ):  # fmt: skip
            for message in found:
                if isinstance(message["text"], str) and message["text"]:
                    sealed: dict[str, Any] = {"text": seal.seal(place_of(message), message["text"])}
                    unchanged = {"_id": message["_id"], "text": message["text"]}
                    await messages.update_one(unchanged, {"$set": sealed})
            after = found[-1]["sequence"]
        conversations = self._database.collection(COLLECTION, network_id)
        return await conversations.update_one({"_id": id}, {"$unset": {"unsealed": ""}})
