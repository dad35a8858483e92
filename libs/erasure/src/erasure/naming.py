"""How a record that stays finds the member it is of without naming her."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from uuid import UUID

_PURPOSE = b"kith erasure record"


def hasher(key: bytes) -> Callable[[UUID], bytes]:
    """HMAC-SHA256 (RFC 2104) with a key derived from identity's: ids cannot be tried without it."""
    own = hmac.digest(key, _PURPOSE, hashlib.sha256)
    return lambda member_id: hmac.digest(own, member_id.bytes, hashlib.sha256)
