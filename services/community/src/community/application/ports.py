"""What community needs from the outside; each port is bound to one network."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from community.application.ports_blocks import Blocks
from community.application.ports_connections import Connections, Members, Taken
from community.application.ports_resources import Resources
from community.domain.circle import Circle, Counted, Membership
from community.domain.post import Comment, Post

__all__ = [
    "Circles", "Comments", "Connections", "Members", "Memberships", "Network", "Networks", "Posts",
    "Resources", "Taken",
]  # fmt: skip


class Circles(Protocol):
    """The circles of one network."""

    async def add(self, circle: Circle) -> None:
        """Store a new circle. Raises Taken if its founder used the request id before."""
        ...

    async def get(self, id: UUID) -> Circle | None:
        """The circle, or None."""
        ...

    async def by_request(self, founder_id: UUID, request_id: str) -> Circle | None:
        """The circle that this request of the founder's became, or None."""
        ...

    async def page(self, after: UUID | None, limit: int) -> Sequence[Circle]:
        """Circles with a higher id, ascending."""
        ...

    async def count_up(self, id: UUID, number: int) -> None:
        """There is a member of this number; a lower one than known changes nothing."""
        ...

    async def count_left(self, circle: Circle, more: int, counted: Counted) -> None:
        """So many more left than `circle` knows, and which; nothing if it counted meanwhile."""
        ...

    async def settle(self, id: UUID, counted: Counted) -> None:
        """The place knows that these were counted; nothing if the circle has gone on."""
        ...


class Memberships(Protocol):
    """Who is, or was, in which circle of one network."""

    async def add(self, membership: Membership) -> None:
        """Store a new membership with its event in one write.

        Raises Taken if the member has or had one, or somebody has the number.
        """
        ...

    async def get(self, circle_id: UUID, member_id: UUID) -> Membership | None:
        """The member's place in the circle, also after she left; None if she never was in it."""
        ...

    async def save(self, membership: Membership) -> None:
        """Store the next version of a membership with its event in one write.

        Raises Taken if it changed meanwhile, or somebody has the number.
        """
        ...

    async def mark_counted(self, circle_id: UUID, counted: Counted) -> None:
        """The circle counted so many of her departures; a lower number changes nothing."""
        ...

    async def circles_of(self, member_id: UUID) -> Sequence[UUID]:
        """The circles a member is in."""
        ...

    async def last_number(self, circle_id: UUID, known: int) -> int:
        """The highest number somebody has in the circle; `known` if none is higher."""
        ...


class Posts(Protocol):
    """The posts of one network."""

    async def add(self, post: Post) -> None:
        """Store a post with its events in one write.

        Raises Taken if its author used the request id before.
        """
        ...

    async def get(self, id: UUID) -> Post | None:
        """The post, or None."""
        ...

    async def get_all(self, ids: Collection[UUID]) -> Sequence[Post]:
        """Those of these that there are, in any order."""
        ...

    async def by_request(self, author_id: UUID, request_id: str) -> Post | None:
        """The post that this request of the author's became, or None."""
        ...

    async def page(self, circle_id: UUID, before: UUID | None, limit: int) -> Sequence[Post]:
        """Posts of a circle with a lower id (None: from the newest), descending."""
        ...

    async def count_up(self, id: UUID, number: int) -> None:
        """There is a comment of this number; a lower one than known changes nothing."""
        ...


class Comments(Protocol):
    """The comments of one network."""

    async def add(self, post: Post, comment: Comment) -> None:
        """Store a comment on `post` with its events in one write.

        Raises Taken if its number is, or its author used the request id before.
        """
        ...

    async def by_request(self, author_id: UUID, request_id: str) -> Comment | None:
        """The comment that this request of the author's became, or None."""
        ...

    async def page(self, post_id: UUID, after: int, limit: int) -> Sequence[Comment]:
        """Comments on a post with a higher number, ascending."""
        ...

    async def last_number(self, post_id: UUID, known: int) -> int:
        """The highest number a comment on the post has; `known` if none is higher."""
        ...


@dataclass(frozen=True, slots=True)
class Network:
    """Everything community keeps for one network."""

    id: UUID
    circles: Circles
    memberships: Memberships
    posts: Posts
    comments: Comments
    connections: Connections
    members: Members
    blocks: Blocks
    resources: Resources


class Networks(Protocol):
    """Everything community keeps: what belongs to a network is reached through its id alone."""

    def of(self, network_id: UUID) -> Network:
        """What is kept for this network."""
        ...
