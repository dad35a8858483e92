"""A network keeps an admin, though each account is a document of its own.

Who is to lose the role steps down first: her name goes on the network's list of those leaving, in
a write that two at once cannot both make from the same list. Who counts the admins that stay
leaves out whoever is on it. So of two who remove each other one finds nobody left and is refused.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from identity.domain.errors import LastAdmin

STALE_AFTER = timedelta(seconds=60)
"""Longer than a request and its last write may take; then whoever put a name on it is gone."""


@dataclass(frozen=True, slots=True)
class SteppingDown:
    """Somebody whose role as an admin is being taken away, by one request of its own id."""

    id: UUID
    member_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class AdminList:
    """Who of a network is stepping down; version 0 is the one that nobody has stored."""

    network_id: UUID
    leaving: tuple[SteppingDown, ...] = ()
    version: int = 0

    def step_down(self, who: SteppingDown, admins: Collection[UUID]) -> AdminList:
        """With her on it, given all admins there are. Raises LastAdmin if none would stay."""
        others = tuple(
            one for one in self.leaving if one.id != who.id and who.at < one.at + STALE_AFTER
        )
        if not set(admins) - {who.member_id} - {one.member_id for one in others}:
            raise LastAdmin("a network keeps at least one admin; make somebody else one first")
        return replace(self, leaving=(*others, who), version=self.version + 1)

    def done(self, id: UUID) -> AdminList:
        """Without what one request put there: it is done, or was not."""
        left = tuple(one for one in self.leaving if one.id != id)
        return self if left == self.leaving else replace(
            self, leaving=left, version=self.version + 1
        )  # fmt: skip
