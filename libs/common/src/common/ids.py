"""Identifiers: UUIDv7 for new things, UUIDv5 for things whose identity follows from others."""

from __future__ import annotations

from uuid import UUID, uuid5

import uuid_utils.compat

from common.errors import Invalid


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562 §5.7), ascending within this process."""
    return UUID(int=uuid_utils.compat.uuid7().int)


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
        parsed = UUID(text)
    except ValueError:
        parsed = None
    if parsed is None or str(parsed) != text:
        raise Invalid(f"{field} must be a UUID in lower-case canonical form", field=field)
    return parsed
