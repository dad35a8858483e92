"""What resources are that somebody was given links to."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from common.errors import Invalid

from community.application.list_post_previews import MOST_PREVIEWS
from community.application.ports import Network
from community.domain.preview import ResourcePreview, excerpt


async def list_resource_previews(
    network: Network, resource_ids: Sequence[UUID]
) -> Sequence[ResourcePreview]:
    """Of those in the library, in the order asked for, each once; what was withdrawn and what is
    not there look the same. Raises Invalid."""
    if not 1 <= len(resource_ids) <= MOST_PREVIEWS:
        raise Invalid(f"ask for 1 to {MOST_PREVIEWS} resources", field="resource_ids")
    wanted = list(dict.fromkeys(resource_ids))
    listed = {one.id: one for one in await network.resources.get_all(wanted) if one.listed}
    return [
        ResourcePreview(resource, excerpt(resource.summary))
        for id in wanted
        if (resource := listed.get(id)) is not None
    ]
