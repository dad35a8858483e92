"""Identifiers: UUIDv7 for new things, UUIDv5 for things whose identity follows from others."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID, uuid5

import uuid_utils.compat

from common.errors import Invalid

REMEMBERED = 20_000
"""Ids read or written lately: most are of those who are here again and again."""
_TAG_BITS = 32
_TAGS = UUID("0b9d3a52-6c1e-5f6e-9a40-52d7f1c0a6e4")
_here = {"tag": 0}  # of this process; as with a logger, it is one for all that is in it


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562 §5.7), ascending within this process."""
    return uuid_utils.compat.uuid7()


def name_instance(*parts: object) -> None:
    """Say which instance of a service this process is, by what no other instance has and what is
    the same when it starts again."""
    _here["tag"] = tag_for(*parts)


def tag_for(*parts: object) -> int:
    """32 bits that name an instance: a hash, so two of very many may have the same."""
    return named_id(_TAGS, *parts).int & (1 << _TAG_BITS) - 1


def instance_tag() -> int:
    """The tag of this instance; 0 before it is named."""
    return _here["tag"]


def tagged_id(tag: int | None = None) -> UUID:
    """A UUIDv7 like `new_id`, ascending too, that says in its last bits which instance made it:
    this one, unless another `tag` is given. For what is unique within one collection: the bits of
    chance are fewer."""
    bits = _here["tag"] if tag is None else tag
    return UUID(int=new_id().int >> _TAG_BITS << _TAG_BITS | bits)


def tag_of(id: UUID) -> int:
    """The tag of the instance that made a tagged id."""
    return id.int & (1 << _TAG_BITS) - 1


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
