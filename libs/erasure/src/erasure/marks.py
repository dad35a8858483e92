"""Who was erased, for a service that hears late that she joined: a keyed hash of her id in the note
of her erasure, written before the first of her documents goes (ADR 17).

A handler that stalled, a consumer that lagged or one that reads a compacted topic anew may take
AccountCreated when she is gone. `joined` asks before and after it writes: whichever comes first,
erasure or the late event, one of the two sees the other.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Protocol
from uuid import UUID

from common.mongo import Database
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_PURPOSE = b"kith erased member"
COLLECTION = "erasures"
FIELD = "whose"


class Members(Protocol):
    """Who is a member, as a service keeps it for one network."""

    async def add(self, member_id: UUID) -> None:
        """Know her from now on; knowing her already changes nothing."""
        ...

    async def remove(self, member_id: UUID) -> None:
        """Know her no more."""
        ...


Joined = Callable[[Members, UUID, UUID], Awaitable[None]]
"""What to do when one hears who (the last one) joined which network."""


class Marks:
    """The marks of one service; without its key no id can be tried against them."""

    def __init__(self, database: Database, key: Ed25519PrivateKey) -> None:
        self._database = database
        self._key = hmac.digest(key.private_bytes_raw(), _PURPOSE, hashlib.sha256)

    def of(self, network_id: UUID, member_id: UUID) -> bytes:
        """HMAC-SHA256 (RFC 2104) of her id."""
        return hmac.digest(self._key, network_id.bytes + member_id.bytes, hashlib.sha256)

    async def joined(self, members: Members, network_id: UUID, member_id: UUID) -> None:
        """Keep that she is a member, unless she was erased."""
        if await self.erased(network_id, member_id):
            return
        await members.add(member_id)
        if await self.erased(network_id, member_id):
            await members.remove(member_id)

    async def erased(self, network_id: UUID, member_id: UUID) -> bool:
        """Whether her erasure has begun here, or is over."""
        notes = self._database.collection(COLLECTION, network_id)
        wanted = {FIELD: self.of(network_id, member_id)}
        return await notes.find_one(wanted, {"_id": 1}) is not None
