"""Adding to the library, taking out of it, and reading it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from common.errors import ConcurrentUpdate
from common.ids import new_id

from community.application.ports import Network, Taken
from community.domain.errors import RequestIdReused, ResourceNotFound
from community.domain.resource import Kind, Resource, ResourceDraft, add

TRIES = 5


async def add_resource(network: Network, draft: ResourceDraft) -> Resource:
    """The new resource, or the one this request became before, as it is now.

    Raises RequestIdReused.
    """
    resource = add(draft, new_id())
    try:
        await network.resources.add(resource)
    except Taken as error:
        earlier = await network.resources.by_request(draft.added_by, draft.request_id)
        if earlier is None:
            raise ConcurrentUpdate("the resource was refused; try again") from error
        if not earlier.is_of(draft):
            raise RequestIdReused(
                "this request_id belongs to a resource with other content; choose a new one",
                field="request_id",
            ) from error
        return earlier
    return resource


async def withdraw_resource(network: Network, id: UUID, by: UUID, at: datetime) -> None:
    """It is out of the library; if it is already, nothing changes.

    Raises ResourceNotFound, Unavailable, ConcurrentUpdate.
    """
    for _ in range(TRIES):
        before = await network.resources.get(id)
        if before is None:
            raise _missing()
        after = before.withdraw(at)
        if after is before:
            return
        try:
            await network.resources.save(after, by)
        except Taken:
            continue
        return
    raise ConcurrentUpdate("others change this resource too; try again")


async def get_resource(network: Network, id: UUID) -> Resource:
    """One that is in the library. Raises ResourceNotFound."""
    resource = await network.resources.get(id)
    if resource is None or not resource.listed:
        raise _missing()
    return resource


async def list_resources(
    network: Network, before: UUID | None, size: int, kind: Kind | None
) -> tuple[Sequence[Resource], bool]:
    """What is in the library before an id (None: the newest), newest first; is there more."""
    found = await network.resources.page(before, size + 1, kind)
    return found[:size], len(found) > size


def _missing() -> ResourceNotFound:
    return ResourceNotFound("no such resource in your network's library", field="resource_id")
