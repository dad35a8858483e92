"""What profiles need from the outside."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from identity.domain.profile import Profile


class Profiles(Protocol):
    """The profiles of one network, one for each member who ever changed hers."""

    async def get(self, member_id: UUID) -> Profile | None:
        """The member's, or None while it is empty."""
        ...

    async def save(self, profile: Profile) -> None:
        """Store its next version, the first too. Raises ConcurrentUpdate."""
        ...

    async def remove(self, member_id: UUID) -> None:
        """Forget the member's."""
        ...


class Handles(Protocol):
    """The handles of one network."""

    async def taken(self, handles: Collection[str]) -> set[str]:
        """Those of `handles` that somebody has, or that people would take for somebody's."""
        ...


class Closeness(Protocol):
    """What ties two members of a network to each other."""

    async def between(self, network_id: UUID, one: UUID, other: UUID) -> frozenset[str]:
        """Of `policy.facts.TIES`; what is not known is no tie."""
        ...
