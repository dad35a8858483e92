"""Writing posts and comments, over ports in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from common.errors import ConcurrentUpdate
from common.ids import new_id
from community.application import queries
from community.application.create_circle import create_circle
from community.application.ports import Taken
from community.application.turns import Turns
from community.domain.circle import Circle
from community.domain.errors import (
    CircleNotFound,
    CircleNotJoined,
    PostNotFound,
    RequestIdReused,
)
from community.domain.post import Comment, Intent, Post
from hypothesis import given
from hypothesis import strategies as st

from services.community.tests.builders import (
    NETWORK,
    NOW,
    a_circle_draft,
    a_comment,
    a_comment_draft,
    a_post,
    a_post_draft,
    access_of,
    commented,
    posted,
)
from services.community.tests.fakes import FakeComments, FakeNetwork, FakePosts, a_network


@pytest.fixture
def network() -> FakeNetwork:
    return a_network(NETWORK)


@pytest.fixture
async def circle(network: FakeNetwork) -> Circle:
    return await create_circle(network, a_circle_draft())


async def test_a_post_is_what_its_author_handed_in(network: FakeNetwork, circle: Circle) -> None:
    draft = a_post_draft(circle.id, circle.founder_id, intent=Intent.OFFER)
    post = await posted(network, draft)
    assert post.is_of(draft)
    assert (post.created_at, post.comment_count) == (NOW, 0)
    assert await network.posts.get(post.id) == post


async def test_only_who_is_in_a_circle_writes_and_reads_there(
    network: FakeNetwork, circle: Circle
) -> None:
    post = await posted(network, a_post_draft(circle.id, circle.founder_id))
    stranger = new_id()
    with pytest.raises(CircleNotJoined):
        await posted(network, a_post_draft(circle.id, stranger))
    with pytest.raises(CircleNotJoined):
        await commented(network, Turns(), a_comment_draft(post.id, stranger))
    with pytest.raises(CircleNotJoined):
        await queries.list_posts(network, circle.id, access_of(stranger, "ListPosts"), None, 10)
    with pytest.raises(CircleNotJoined):
        await queries.list_comments(network, post.id, access_of(stranger, "ListComments"), 0, 10)
    assert list(network.posts.all) == [post.id]
    assert network.comments.all == []


async def test_what_is_not_there_is_not_found(network: FakeNetwork, circle: Circle) -> None:
    founder = circle.founder_id
    with pytest.raises(CircleNotFound):
        await posted(network, a_post_draft(new_id(), founder))
    with pytest.raises(CircleNotFound):
        await queries.list_posts(network, new_id(), access_of(founder, "ListPosts"), None, 10)
    with pytest.raises(PostNotFound):
        await commented(network, Turns(), a_comment_draft(new_id(), founder))
    with pytest.raises(PostNotFound):
        await queries.list_comments(network, new_id(), access_of(founder, "ListComments"), 0, 10)


async def test_the_same_request_again_is_the_same_post(
    network: FakeNetwork, circle: Circle
) -> None:
    draft = a_post_draft(circle.id, circle.founder_id, request="once")
    first = await posted(network, draft)
    later = a_post_draft(
        circle.id, circle.founder_id, request="once", at=NOW + timedelta(minutes=1)
    )
    assert await posted(network, later) == first
    for other in (
        a_post_draft(circle.id, circle.founder_id, request="once", text="Else"),
        a_post_draft(circle.id, circle.founder_id, request="once", intent=Intent.SHARE),
    ):
        with pytest.raises(RequestIdReused):
            await posted(network, other)
    assert len(network.posts.all) == 1


async def test_the_same_request_again_is_the_same_comment(
    network: FakeNetwork, circle: Circle
) -> None:
    founder, turns = circle.founder_id, Turns()
    post, other = [await posted(network, a_post_draft(circle.id, founder)) for _ in range(2)]
    draft = a_comment_draft(post.id, founder, request="once")
    first = await commented(network, turns, draft)
    await commented(network, turns, a_comment_draft(post.id, founder))
    assert await commented(network, turns, draft) == first
    for reused in (
        a_comment_draft(post.id, founder, request="once", text="Else"),
        a_comment_draft(other.id, founder, request="once"),
    ):
        with pytest.raises(RequestIdReused):
            await commented(network, turns, reused)
    kept = await network.posts.get(post.id)
    assert kept
    assert kept.comment_count == len(network.comments.all) == 2


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=30))
async def test_comments_are_numbered_without_gaps_and_the_post_knows_how_many(
    requests: list[tuple[int, int]],
) -> None:
    network, turns = a_network(NETWORK), Turns()
    circle = await create_circle(network, a_circle_draft())
    founder = circle.founder_id
    posts = [await posted(network, a_post_draft(circle.id, founder)) for _ in range(3)]
    for which, request in requests:
        draft = a_comment_draft(posts[which].id, founder, request=f"{which}-{request}")
        await commented(network, turns, draft)
    for which, post in enumerate(posts):
        wanted = len({request for number, request in requests if number == which})
        found, more = await queries.list_comments(
            network, post.id, access_of(founder, "ListComments"), 0, 100
        )
        assert [one.number for one in found] == list(range(1, wanted + 1))
        assert not more
        kept = await network.posts.get(post.id)
        assert kept
        assert kept.comment_count == wanted


class Dying(FakePosts):
    """A process that dies before the post learns of its new comment, when told to."""

    dies = False

    async def count_up(self, id: UUID, number: int) -> None:
        if self.dies:
            raise ConnectionError
        await super().count_up(id, number)


@pytest.mark.parametrize("then", ["the same request", "the next comment", "somebody reads"])
async def test_a_count_that_a_crash_left_low_does_not_stay_so(then: str) -> None:
    posts, turns = Dying(), Turns()
    network = a_network(NETWORK, posts=posts)
    circle = await create_circle(network, a_circle_draft())
    founder = circle.founder_id
    post = await posted(network, a_post_draft(circle.id, founder))
    draft, posts.dies = a_comment_draft(post.id, founder), True
    with pytest.raises(ConnectionError):
        await commented(network, turns, draft)
    posts.dies = False
    if then == "somebody reads":
        await queries.list_comments(network, post.id, access_of(founder, "ListComments"), 0, 10)
    else:
        again = draft if then == "the same request" else a_comment_draft(post.id, founder)
        await commented(network, turns, again)
    assert posts.all[post.id].comment_count == len(network.comments.all)


class Crowd(FakeComments):
    """Somebody of another process is always faster."""

    async def add(self, post: Post, comment: Comment) -> None:
        await super().add(post, a_comment(post, comment.number))
        await super().add(post, comment)


async def test_who_never_gets_a_number_is_told_to_try_again(
    network: FakeNetwork, circle: Circle
) -> None:
    crowded = replace(network, comments=Crowd())
    post = await posted(crowded, a_post_draft(circle.id, circle.founder_id))
    with pytest.raises(ConcurrentUpdate):
        await commented(crowded, Turns(), a_comment_draft(post.id, circle.founder_id))


class Refusing(FakePosts):
    """A database that refuses a post and shows no reason."""

    async def add(self, post: Post) -> None:
        raise Taken


async def test_a_post_refused_without_a_reason_is_not_acknowledged() -> None:
    network = a_network(NETWORK, posts=Refusing())
    circle = await create_circle(network, a_circle_draft())
    with pytest.raises(ConcurrentUpdate):
        await posted(network, a_post_draft(circle.id, circle.founder_id))


def test_a_reply_is_as_late_as_it_came_and_never_early() -> None:
    post = a_post(new_id())
    for seconds, late in ((90, 90), (0, 0), (-5, 0)):
        reply = a_comment(post)
        shifted = Comment(
            id=reply.id, post_id=post.id, author_id=reply.author_id, number=1, text="I am.",
            request_id="r", created_at=NOW + timedelta(seconds=seconds),
        )  # fmt: skip
        assert shifted.reply_latency(post) == timedelta(seconds=late)
    assert a_comment(post, author_id=post.author_id).reply_latency(post) is None
