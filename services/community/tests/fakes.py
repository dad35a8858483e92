"""Community's ports in memory, held to the same contract as the database (test_networks.py)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from community.application.ports import Network, Taken
from community.domain.circle import Circle, Counted, Membership
from community.domain.post import Comment, Post

from services.community.tests.fakes_blocks import FakeBlocks
from services.community.tests.fakes_connections import FakeConnections, FakeMembers
from services.community.tests.fakes_resources import FakeResources


class FakeCircles:
    """Implements ports.Circles."""

    def __init__(self) -> None:
        self.all: dict[UUID, Circle] = {}

    async def add(self, circle: Circle) -> None:
        if circle.id in self.all or await self.by_request(circle.founder_id, circle.request_id):
            raise Taken
        self.all[circle.id] = circle

    async def get(self, id: UUID) -> Circle | None:
        return self.all.get(id)

    async def by_request(self, founder_id: UUID, request_id: str) -> Circle | None:
        same = (one for one in self.all.values() if one.founder_id == founder_id)
        return next((one for one in same if one.request_id == request_id), None)

    async def page(self, after: UUID | None, limit: int) -> Sequence[Circle]:
        ids = sorted(id for id in self.all if after is None or id > after)
        return [self.all[id] for id in ids[:limit]]

    async def count_up(self, id: UUID, number: int) -> None:
        if circle := self.all.get(id):
            self.all[id] = replace(circle, member_count=max(circle.member_count, number))

    async def count_left(self, circle: Circle, more: int, counted: Counted) -> None:
        kept = self.all.get(circle.id)
        if kept and kept.left_count == circle.left_count and kept.counted is None:
            left = kept.left_count + more
            self.all[kept.id] = replace(kept, left_count=left, counted=counted)

    async def settle(self, id: UUID, counted: Counted) -> None:
        kept = self.all.get(id)
        if kept and kept.counted == counted:
            self.all[id] = replace(kept, counted=None)


class FakeMemberships:
    """Implements ports.Memberships."""

    def __init__(self) -> None:
        self.all: list[Membership] = []

    async def add(self, membership: Membership) -> None:
        for one in self.all:
            if one.circle_id == membership.circle_id and (
                one.member_id == membership.member_id or one.number == membership.number
            ):
                raise Taken
        self.all.append(membership)

    async def get(self, circle_id: UUID, member_id: UUID) -> Membership | None:
        there = (one for one in self.all if one.circle_id == circle_id)
        return next((one for one in there if one.member_id == member_id), None)

    async def save(self, membership: Membership) -> None:
        before = await self.get(membership.circle_id, membership.member_id)
        numbers = {
            one.number
            for one in self.all
            if one.circle_id == membership.circle_id and one is not before
        }
        stale = before is None or before.version != membership.version - 1
        if stale or membership.number in numbers:
            raise Taken
        counted = before.counted if before else 0
        after = replace(membership, counted=counted)
        self.all = [after if one is before else one for one in self.all]

    async def mark_counted(self, circle_id: UUID, counted: Counted) -> None:
        before = await self.get(circle_id, counted.member_id)
        if before:
            after = replace(before, counted=max(before.counted, counted.departures))
            self.all = [after if one is before else one for one in self.all]

    async def circles_of(self, member_id: UUID) -> Sequence[UUID]:
        hers = (one for one in self.all if one.member_id == member_id)
        return [one.circle_id for one in hers if one.inside]

    async def last_number(self, circle_id: UUID, known: int) -> int:
        return _highest((one.number for one in self.all if one.circle_id == circle_id), known)


class FakePosts:
    """Implements ports.Posts."""

    def __init__(self) -> None:
        self.all: dict[UUID, Post] = {}

    async def add(self, post: Post) -> None:
        if post.id in self.all or await self.by_request(post.author_id, post.request_id):
            raise Taken
        self.all[post.id] = post

    async def get(self, id: UUID) -> Post | None:
        return self.all.get(id)

    async def get_all(self, ids: Collection[UUID]) -> Sequence[Post]:
        return [self.all[id] for id in ids if id in self.all]

    async def by_request(self, author_id: UUID, request_id: str) -> Post | None:
        same = (one for one in self.all.values() if one.author_id == author_id)
        return next((one for one in same if one.request_id == request_id), None)

    async def page(self, circle_id: UUID, before: UUID | None, limit: int) -> Sequence[Post]:
        there = (post for post in self.all.values() if post.circle_id == circle_id)
        older = [post for post in there if before is None or post.id < before]
        return sorted(older, key=lambda post: post.id, reverse=True)[:limit]

    async def count_up(self, id: UUID, number: int) -> None:
        if post := self.all.get(id):
            self.all[id] = replace(post, comment_count=max(post.comment_count, number))


class FakeComments:
    """Implements ports.Comments."""

    def __init__(self) -> None:
        self.all: list[Comment] = []

    async def add(self, post: Post, comment: Comment) -> None:
        number = any(
            one.number == comment.number for one in self.all if one.post_id == comment.post_id
        )
        if number or await self.by_request(comment.author_id, comment.request_id):
            raise Taken
        self.all.append(comment)

    async def by_request(self, author_id: UUID, request_id: str) -> Comment | None:
        same = (one for one in self.all if one.author_id == author_id)
        return next((one for one in same if one.request_id == request_id), None)

    async def page(self, post_id: UUID, after: int, limit: int) -> Sequence[Comment]:
        later = [one for one in self.all if one.post_id == post_id and one.number > after]
        return sorted(later, key=lambda one: one.number)[:limit]

    async def last_number(self, post_id: UUID, known: int) -> int:
        return _highest((one.number for one in self.all if one.post_id == post_id), known)


@dataclass(frozen=True, slots=True)
class FakeNetwork(Network):
    """A network in memory whose parts show what they hold."""

    circles: FakeCircles
    memberships: FakeMemberships
    posts: FakePosts
    comments: FakeComments
    connections: FakeConnections
    members: FakeMembers
    blocks: FakeBlocks
    resources: FakeResources


def a_network(
    id: UUID, posts: FakePosts | None = None, circles: FakeCircles | None = None
) -> FakeNetwork:
    """An empty network."""
    return FakeNetwork(
        id, circles or FakeCircles(), FakeMemberships(), posts or FakePosts(), FakeComments(),
        FakeConnections(), FakeMembers(), FakeBlocks(), FakeResources(),
    )  # fmt: skip


class FakeNetworks:
    """Implements ports.Networks."""

    def __init__(self) -> None:
        self._networks: dict[UUID, FakeNetwork] = {}

    def of(self, network_id: UUID) -> FakeNetwork:
        return self._networks.setdefault(network_id, a_network(network_id))


def _highest(numbers: Iterable[int], known: int) -> int:
    return max([known, *numbers])
