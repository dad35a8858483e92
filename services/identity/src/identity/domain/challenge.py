"""Challenges that a device answers: ours, for one thing and one person, for five minutes, once.

Who asks for one leaves nothing behind: a challenge says itself until when it is good, under a keyed
hash, and only one that is answered is remembered, so that it is not answered again.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from common.clock import epoch_millis, from_epoch_millis

LIFE = timedelta(minutes=5)
NONCE_BYTES = 16
_TIME_BYTES = 8
Digest = Callable[..., bytes]


class Purpose(StrEnum):
    """What a challenge is for."""

    CREATE = "create"
    SIGN_IN = "sign_in"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a challenge is for, and for whom; nobody yet at sign-in."""

    purpose: Purpose
    owner: bytes = b""


def make(digest: Digest, asked: Asked, nonce: bytes, now: datetime) -> bytes:
    """A challenge; `nonce` is NONCE_BYTES of fresh randomness."""
    head = nonce + epoch_millis(now + LIFE).to_bytes(_TIME_BYTES, "big")
    return head + _mac(digest, asked, head)


def good_until(digest: Digest, asked: Asked, challenge: bytes, now: datetime) -> datetime | None:
    """Until when a challenge is good; None if it is not ours, not for this, or too old."""
    size = NONCE_BYTES + _TIME_BYTES
    head, mac = challenge[:size], challenge[size:]
    if len(head) != size or not hmac.compare_digest(mac, _mac(digest, asked, head)):
        return None
    until = from_epoch_millis(int.from_bytes(head[NONCE_BYTES:], "big"))
    return until if now < until else None


def name(challenge: bytes) -> bytes:
    """What is remembered of one that was answered."""
    return hashlib.sha256(challenge).digest()


def _mac(digest: Digest, asked: Asked, head: bytes) -> bytes:
    return digest("challenge", asked.purpose, asked.owner.hex(), head.hex())
