"""Where a record goes by its key, as Kafka's own clients spread them (murmur2).

The hash is reckoned in Python, and the same keys come again and again: it is remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from aiokafka.partitioner import murmur2

REMEMBERED = 50_000


@lru_cache(REMEMBERED)
def _hash(key: bytes) -> int:
    found: int = murmur2(key) & 0x7FFFFFFF
    return found


def spread(key: bytes, everything: Sequence[int], available: Sequence[int]) -> int:
    """The partition of a key, one of `everything`; every record has a key here."""
    return everything[_hash(key) % len(everything)]
