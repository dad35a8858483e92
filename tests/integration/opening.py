"""Opens the words of messages as they lie in a database, for tests that look past the doors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from common.clock import SystemClock
from messaging.adapters.conversation_keys import bound, wrapped_in
from messaging.adapters.master_keys import FolderKeys
from messaging.adapters.message_documents import place_of
from messaging.adapters.sealing import Seal
from pymongo.database import Database


def opener(
    database: Database[dict[str, Any]], master_keys: Path
) -> Callable[[Mapping[str, Any]], str]:
    """What gives a stored message's words, which must be sealed. Raises MessageDamaged."""
    wrapper, seals = FolderKeys(master_keys, SystemClock()), dict[UUID, Seal]()

    def seal_of(id: UUID) -> Seal:
        conversation = database["conversations"].find_one({"_id": id})
        wrapped = wrapped_in(conversation) if conversation else None
        assert conversation is not None
        assert wrapped is not None, "a conversation without a key"
        network_id: UUID = conversation["network_id"]
        key = asyncio.run(wrapper.unwrap(wrapped, bound(network_id, id)))
        return Seal(key, network_id, id)

    def opened(message: Mapping[str, Any]) -> str:
        id = message["conversation_id"]
        seal = seals.get(id) or seals.setdefault(id, seal_of(id))
        assert isinstance(message["text"], bytes), "words in clear"
        return seal.open(place_of(dict(message)), message["text"])

    return opened
