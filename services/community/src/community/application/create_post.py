"""Write to a circle: one write that stores the post together with its events."""

from __future__ import annotations

from common.auth import Access
from common.errors import ConcurrentUpdate
from common.ids import new_id

from community.application.ports import Network, Taken
from community.application.queries import check_inside
from community.domain.errors import RequestIdReused
from community.domain.post import Post, PostDraft, write


async def create_post(network: Network, access: Access, draft: PostDraft) -> Post:
    """The new post, or the one this request became before.

    Raises Forbidden, CircleNotFound, CircleNotJoined, RequestIdReused.
    """
    await check_inside(network, draft.circle_id, access)
    post = write(draft, new_id())
    try:
        await network.posts.add(post)
    except Taken as error:
        earlier = await network.posts.by_request(draft.author_id, draft.request_id)
        if earlier is None:
            raise ConcurrentUpdate("the post was refused; try again") from error
        if not earlier.is_of(draft):
            raise RequestIdReused(
                "this request_id belongs to a post with other content; choose a new one",
                field="request_id",
            ) from error
        return earlier
    return post
