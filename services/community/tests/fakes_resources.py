"""The library in memory, held to the same contract as the database (test_library_kept.py)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from community.application.ports_connections import Taken
from community.domain.resource import Kind, Resource


class FakeResources:
    """Implements ports_resources.Resources; `deeds` says who wrote, in the order written."""

    def __init__(self) -> None:
        self.all: dict[UUID, Resource] = {}
        self.deeds: list[UUID] = []

    async def add(self, resource: Resource) -> None:
        if resource.id in self.all or await self.by_request(resource.added_by, resource.request_id):
            raise Taken
        self._store(resource, resource.added_by)

    async def save(self, resource: Resource, by: UUID) -> None:
        current = self.all.get(resource.id)
        if current is None or current.version != resource.version - 1:
            raise Taken
        self._store(resource, by)

    async def get(self, id: UUID) -> Resource | None:
        return self.all.get(id)

    async def get_all(self, ids: Collection[UUID]) -> Sequence[Resource]:
        return [self.all[id] for id in ids if id in self.all]

    async def by_request(self, added_by: UUID, request_id: str) -> Resource | None:
        hers = (one for one in self.all.values() if one.added_by == added_by)
        return next((one for one in hers if one.request_id == request_id), None)

    async def page(self, before: UUID | None, limit: int, kind: Kind | None) -> Sequence[Resource]:
        listed = (one for one in self.all.values() if one.listed)
        older = (one for one in listed if before is None or one.id < before)
        found = [one for one in older if kind is None or one.kind is kind]
        return sorted(found, key=lambda one: one.id, reverse=True)[:limit]

    def _store(self, resource: Resource, by: UUID) -> None:
        self.all[resource.id] = resource
        self.deeds.append(by)
