"""Where the library is kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol
from uuid import UUID

from community.domain.resource import Kind, Resource


class Resources(Protocol):
    """The resources of one network, listed and withdrawn."""

    async def add(self, resource: Resource) -> None:
        """Store a new resource with its event in one write.

        Raises Taken if who added it used the request id before.
        """
        ...

    async def save(self, resource: Resource, by: UUID) -> None:
        """Store its next version, made by somebody, with its event in one write: how far it has
        come, and not who added it.

        Raises Taken if it changed meanwhile, Unavailable if too many events of it wait.
        """
        ...

    async def get(self, id: UUID) -> Resource | None:
        """The resource, or None."""
        ...

    async def get_all(self, ids: Collection[UUID]) -> Sequence[Resource]:
        """Those of these that there are, in any order."""
        ...

    async def by_request(self, added_by: UUID, request_id: str) -> Resource | None:
        """The resource that this request became, or None."""
        ...

    async def page(self, before: UUID | None, limit: int, kind: Kind | None) -> Sequence[Resource]:
        """Listed ones with a lower id (None: from the newest), descending; of any kind if None."""
        ...
