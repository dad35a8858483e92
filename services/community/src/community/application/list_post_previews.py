"""What posts are about that somebody was given links to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from common.errors import Invalid

from community.application.ports import Network
from community.domain.preview import PostPreview, excerpt

MOST_PREVIEWS = 20


async def list_post_previews(
    network: Network, member_id: UUID, post_ids: Sequence[UUID]
) -> Sequence[PostPreview]:
    """Of those the member may read, in the order asked for, each once; what she may not read, what
    has no words any more and what is not there look the same. Raises Invalid."""
    if not 1 <= len(post_ids) <= MOST_PREVIEWS:
        raise Invalid(f"ask for 1 to {MOST_PREVIEWS} posts", field="post_ids")
    wanted = list(dict.fromkeys(post_ids))
    posts, hers = await asyncio.gather(
        network.posts.get_all(wanted), network.memberships.circles_of(member_id)
    )
    inside = frozenset(hers)
    open_to_her = {post.id: post for post in posts if post.circle_id in inside and post.text}
    circle_ids = {post.circle_id for post in open_to_her.values()}
    found = await asyncio.gather(*(network.circles.get(id) for id in circle_ids))
    circles = {circle.id: circle for circle in found if circle is not None}
    return [
        PostPreview(post, circles[post.circle_id], excerpt(post.text))
        for id in wanted
        if (post := open_to_her.get(id)) is not None and post.circle_id in circles
    ]
