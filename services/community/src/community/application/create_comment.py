"""Answer a post: one write that stores the comment in its place together with its events; then
the post learns how many there are."""

from __future__ import annotations

from common.auth import Access
from common.errors import ConcurrentUpdate
from common.ids import new_id

from community.application.ports import Network, Taken
from community.application.queries import post_of
from community.application.turns import Turns
from community.domain.errors import RequestIdReused
from community.domain.post import Comment, CommentDraft, Post, comment

TRIES = 8


async def create_comment(
    network: Network, turns: Turns, access: Access, draft: CommentDraft
) -> Comment:
    """The new comment, or the one this request became before.

    Raises Forbidden, PostNotFound, CircleNotJoined, RequestIdReused, ConcurrentUpdate (many
    processes race for this post; try again).
    """
    async with turns.of(draft.post_id):
        post = await post_of(network, draft.post_id, access)
        placed = await _place(network, post, draft)
        if placed.number > post.comment_count:
            await network.posts.count_up(post.id, placed.number)
        return placed


async def _place(network: Network, post: Post, draft: CommentDraft) -> Comment:
    known = post.comment_count
    for _ in range(TRIES):
        placed = comment(draft, new_id(), known + 1)
        try:
            await network.comments.add(post, placed)
        except Taken:
            if earlier := await _earlier(network, draft):
                return earlier
            known = await network.comments.last_number(post.id, known)
            continue
        return placed
    raise ConcurrentUpdate("too many comment at once; try again")


async def _earlier(network: Network, draft: CommentDraft) -> Comment | None:
    earlier = await network.comments.by_request(draft.author_id, draft.request_id)
    if earlier is not None and not earlier.is_of(draft):
        raise RequestIdReused(
            "this request_id belongs to a comment with other content; choose a new one",
            field="request_id",
        )
    return earlier
