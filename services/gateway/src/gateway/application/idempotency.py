"""A POST with an Idempotency-Key is done once: who asks again is given the first answer again.

After draft-ietf-httpapi-idempotency-key-header-07. What is kept of an answer can be read only
with the client's key, which is not kept: see `Seal` and ADR 13.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4

import msgspec
from common.clock import Clock
from common.errors import Conflict, Invalid
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEPT = timedelta(hours=24)
BUSY = timedelta(seconds=15)  # three times the deadline of a call to a service
MOST_BYTES = 1024 * 1024
NO_NETWORK = UUID(int=0)  # of requests without an account
_INFO = b"kith.gateway.idempotency.v1"
# A text as RFC 8941 quotes it, or bare as most clients send it.
_KEY = re.compile(rb'"(?P<quoted>[!#-\[\]-~]{16,255})"|(?P<bare>[!#-\[\]-~]{16,255})')


class KeyInvalid(Invalid):
    """The key is too short to seal an answer with, or is no text as RFC 8941 has it."""

    reason = "IDEMPOTENCY_KEY_INVALID"


class KeyReused(Invalid):
    """The key belongs to another request."""

    reason = "IDEMPOTENCY_KEY_REUSED"


class StillRunning(Conflict):
    """The first request with this key is being answered now."""

    reason = "REQUEST_STILL_RUNNING"


class OutcomeUnknown(Conflict):
    """The first request with this key was cut off, and doing it again might do it twice."""

    reason = "OUTCOME_UNKNOWN"


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What a request was answered with."""

    status: int
    media_type: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of one key; `sealed` is empty until there is an answer."""

    id: bytes
    network_id: UUID
    fingerprint: bytes
    claim: UUID
    busy_until: datetime
    expire_at: datetime
    sealed: bytes = b""


class Records(Protocol):
    """Where records are kept. Every method raises Unavailable when that is away."""

    async def add(self, record: Record) -> Record | None:
        """Keep a record, or return the one of its id that is kept already."""
        ...

    async def swap(self, old: Record, new: Record) -> bool:
        """Put `new` in the place of `old`; False when another claim has it by now."""
        ...

    async def remove(self, record: Record) -> None:
        """Forget a record, unless another claim has its place by now."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: whose, and what for. Without an account the body itself says whose."""

    network_id: UUID
    owner: bytes
    content: bytes

    @classmethod
    def of(cls, caller: tuple[UUID, UUID] | None, target: bytes, body: bytes) -> Asked:
        """`caller` is network and account, `target` the path and query of the request."""
        content = len(target).to_bytes(4, "big") + target + body
        if caller is None:
            return cls(NO_NETWORK, b"body " + hashlib.sha256(content).digest(), content)
        network_id, account_id = caller
        return cls(network_id, b"account " + network_id.bytes + account_id.bytes, content)


class Seal:
    """What follows from key and request: where its record is, and what opens it.

    All of it comes from the key by HKDF (RFC 5869), so nothing that is kept leads back to key,
    account or body.
    """

    def __init__(self, key: bytes, asked: Asked) -> None:
        derived = HKDF(SHA256(), 96, salt=asked.owner, info=_INFO).derive(key)
        self.id, mac_key, cipher_key = derived[:32], derived[32:64], derived[64:]
        self.fingerprint = hmac.digest(mac_key, b"fingerprint " + asked.content, "sha256")
        named = hmac.digest(mac_key, b"request id " + asked.content, "sha256")
        self.request_id = str(UUID(bytes=named[:16], version=4))
        self._cipher = AESGCM(cipher_key)

    def close(self, answer: Answer) -> bytes:
        """The answer, unreadable."""
        nonce = secrets.token_bytes(12)
        content = msgspec.msgpack.encode(answer)
        return nonce + self._cipher.encrypt(nonce, content, self.id + self.fingerprint)

    def open(self, sealed: bytes) -> Answer:
        """The answer, readable. Raises cryptography's InvalidTag when it is not ours."""
        content = self._cipher.decrypt(sealed[:12], sealed[12:], self.id + self.fingerprint)
        return msgspec.msgpack.decode(content, type=Answer)


def parse_key(header: bytes) -> bytes:
    """The key in a header. Raises KeyInvalid."""
    found = _KEY.fullmatch(header.strip())
    if found is None:
        raise KeyInvalid("an Idempotency-Key has 16 to 255 visible ASCII characters: use a UUID")
    return found["quoted"] or found["bare"]


class Once:
    """Decides whether a request is to be done, and remembers what came of it."""

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    async def begin(self, asked: Asked, seal: Seal, *, repeatable: bool) -> Record | Answer:
        """The record of a request that is to be done now, or the answer it had.

        `repeatable`: doing it again with the same request id has no second effect. Raises
        KeyReused, StillRunning, OutcomeUnknown, Unavailable.
        """
        now = self._clock.now()
        mine = Record(
            id=seal.id, network_id=asked.network_id, fingerprint=seal.fingerprint, claim=uuid4(),
            busy_until=now + BUSY, expire_at=now + KEPT,
        )  # fmt: skip
        kept = await self._records.add(mine)
        if kept is None:
            return mine
        if kept.expire_at > now:
            if not hmac.compare_digest(kept.fingerprint, seal.fingerprint):
                raise KeyReused("this Idempotency-Key belongs to another request; use a new one")
            if kept.sealed:
                return seal.open(kept.sealed)
            if kept.busy_until > now:
                raise StillRunning("the first request with this key is still being answered")
            if not repeatable:
                raise OutcomeUnknown(
                    "the first request with this key was cut off, and it may have been done;"
                    " look before you ask again with a new key"
                )
        if await self._records.swap(kept, mine):
            return mine
        raise StillRunning("another request with this key has just begun")

    async def end(self, record: Record, seal: Seal, answer: Answer, *, repeatable: bool) -> None:
        """Remember what came of a request. Raises Unavailable.

        A refusal did nothing, so its key is free again, also for a request put right. What failed
        may or may not have been done: it may be tried again only if that is repeatable.
        """
        if answer.status < 300 and len(answer.body) <= MOST_BYTES:
            await self._records.swap(record, replace(record, sealed=seal.close(answer)))
        elif answer.status < 500 or repeatable:
            await self._records.remove(record)
        else:
            done = self._clock.now()
            await self._records.swap(record, replace(record, busy_until=done))
