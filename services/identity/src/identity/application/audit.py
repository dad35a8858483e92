"""Keeping and reading the audit log of a network."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from identity.application.ports import Audit
from identity.domain.audit import Chain, Link, Verified

PAGE = 500


async def page(
    audit: Audit, before: int, size: int, subject_id: UUID | None = None
) -> tuple[Sequence[Link], int]:
    """A page of entries, newest first, and the place to continue before; 0 on the last."""
    found = await audit.newest(before, size + 1, subject_id)
    return found[:size], found[size - 1].sequence if len(found) > size else 0


async def verify(audit: Audit) -> Verified:
    """Recompute the whole chain."""
    chain, after = Chain(), 0
    while links := await audit.oldest(after, PAGE):
        chain.read(links)
        after = links[-1].sequence
    return chain.result
