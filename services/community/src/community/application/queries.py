"""Reading circles, posts and comments; what is written in a circle is seen by who is in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from common.auth import Access
from policy import Facts

from community.application.ports import Network
from community.domain.circle import Circle
from community.domain.errors import CircleNotFound, CircleNotJoined, PostNotFound
from community.domain.post import Comment, Post


async def check_inside(network: Network, circle_id: UUID, access: Access) -> None:
    """Let the caller go on if she is in the circle.

    Raises Forbidden, CircleNotFound, CircleNotJoined.
    """
    member_id = access.caller.subject
    membership = await network.memberships.get(circle_id, member_id)
    inside = membership is not None and membership.inside
    if not inside and await network.circles.get(circle_id) is None:
        raise CircleNotFound("no such circle in your network", field="circle_id")
    access.require(
        Facts(network.id, member_ids=(member_id,) if inside else ()),
        CircleNotJoined("join the circle first", circle_id=str(circle_id)),
    )


async def post_of(network: Network, post_id: UUID, access: Access) -> Post:
    """A post of a circle the caller is in. Raises Forbidden, PostNotFound, CircleNotJoined."""
    post = await network.posts.get(post_id)
    if post is None:
        raise PostNotFound("no such post in your network", field="post_id")
    await check_inside(network, post.circle_id, access)
    return post


async def list_circles(
    network: Network, member_id: UUID, after: UUID | None, size: int
) -> tuple[Sequence[Circle], Collection[UUID], bool]:
    """Circles after an id, oldest first; which circles the member is in; whether there are more."""
    joined = frozenset(await network.memberships.circles_of(member_id))
    found = await network.circles.page(after, size + 1)
    return found[:size], joined, len(found) > size


async def list_posts(
    network: Network, circle_id: UUID, access: Access, before: UUID | None, size: int
) -> tuple[Sequence[Post], bool]:
    """Posts of a circle before an id (None: the newest), newest first, and whether there are more.

    Raises Forbidden, CircleNotFound, CircleNotJoined.
    """
    await check_inside(network, circle_id, access)
    found = await network.posts.page(circle_id, before, size + 1)
    return found[:size], len(found) > size


async def list_comments(
    network: Network, post_id: UUID, access: Access, after: int, size: int
) -> tuple[Sequence[Comment], bool]:
    """Comments after a number, oldest first, and whether there are more.

    Who reads mends what a crash left undone: a post that does not know its last comment.
    Raises Forbidden, PostNotFound, CircleNotJoined.
    """
    post = await post_of(network, post_id, access)
    found = await network.comments.page(post_id, after, size + 1)
    if found and found[-1].number > post.comment_count:
        await network.posts.count_up(post_id, found[-1].number)
    return found[:size], len(found) > size
