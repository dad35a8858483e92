"""Identifiers: UUIDv7 for new things, UUIDv5 for things whose identity follows from others."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID, uuid5

import uuid_utils.compat

from common.errors import Invalid

REMEMBERED = 20_000
"""Ids read or written lately: most are of those who are here again and again."""


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562 §5.7), ascending within this process."""
    return uuid_utils.compat.uuid7()


def named_id(namespace: UUID, *parts: object) -> UUID:
    """The UUIDv5 of some parts: the same parts give the same id, on any machine."""
    return uuid5(namespace, "\x1f".join(str(part) for part in parts))


def timed_id(millis: int, namespace: UUID, *parts: object) -> UUID:
    """A UUIDv7 of a given time whose other bits follow from `parts`: the same parts, the same id.

    For events that a replay must give the same id; `millis` counts from 1970.
    """
    tail = named_id(namespace, *parts).int & (1 << 74) - 1
    return UUID(
        int=millis << 80 | 0x7 << 76 | (tail >> 62) << 64 | 0x2 << 62 | tail & (1 << 62) - 1
    )


def parse_id(text: str, field: str) -> UUID:
    """Read a canonical UUID. Raises Invalid naming `field`."""
    try:
        return _parsed(text)
    except ValueError:
        message = f"{field} must be a UUID in lower-case canonical form"
        raise Invalid(message, field=field) from None


@lru_cache(REMEMBERED)
def text_of(id: UUID) -> str:
    """The canonical form."""
    return str(id)


@lru_cache(REMEMBERED)
def _parsed(text: str) -> UUID:
    """Raises ValueError, and remembers nothing then."""
    parsed = UUID(text)
    if str(parsed) != text:
        raise ValueError
    return parsed
