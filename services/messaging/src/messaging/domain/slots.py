"""Slots: members are spread over 256 of them, and each instance of messaging has some.

Whom something is to be told of is published by slot, so that an instance reads of the members of
its own slots only, however many instances and gateways there are (ADR 33).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from uuid import UUID

SLOTS = 256


def slot_of(member_id: UUID) -> int:
    """The slot of a member, for ever: gateways reckon it too."""
    return zlib.crc32(member_id.bytes) % SLOTS


def key_of(slot: int) -> UUID:
    """The key of records for a slot."""
    return UUID(int=slot)


def by_slot(member_ids: Iterable[UUID]) -> Mapping[int, list[UUID]]:
    """Members, each once, by slot."""
    found: dict[int, list[UUID]] = {}
    for member_id in dict.fromkeys(member_ids):
        found.setdefault(slot_of(member_id), []).append(member_id)
    return found
