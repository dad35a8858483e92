"""One contract for what community keeps, held by the fake and by the database alike."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest
from common.ids import new_id, timed_id
from common.mongo import Database, Document
from community.adapters.mongo import MongoNetworks
from community.application.ports import Network, Networks, Taken
from community.domain.circle import Counted, Membership
from community.domain.post import Post

from services.community.tests.builders import (
    NETWORK,
    NOW,
    OTHER_NETWORK,
    a_circle,
    a_comment,
    a_post,
)
from services.community.tests.fakes import FakeNetworks


class NetworksContract:
    """What every implementation of ports.Networks does."""

    @pytest.fixture
    def kept(self) -> Networks:
        raise NotImplementedError

    @pytest.fixture
    def network(self, kept: Networks) -> Network:
        return kept.of(NETWORK)

    async def test_a_circle_comes_back_as_it_was_stored(self, network: Network) -> None:
        circle, _ = a_circle("Mornings")
        await network.circles.add(circle)
        assert await network.circles.get(circle.id) == circle
        assert await network.circles.by_request(circle.founder_id, circle.request_id) == circle
        assert await network.circles.get(new_id()) is None
        assert await network.circles.by_request(new_id(), circle.request_id) is None
        assert await network.circles.by_request(circle.founder_id, "another") is None

    async def test_a_request_of_a_founder_is_one_circle(self, network: Network) -> None:
        circle, _ = a_circle()
        await network.circles.add(circle)
        with pytest.raises(Taken):
            await network.circles.add(replace(a_circle()[0], founder_id=circle.founder_id,
                                              request_id=circle.request_id))  # fmt: skip
        await network.circles.add(replace(a_circle()[0], request_id=circle.request_id))

    async def test_pages_hold_every_circle_once_oldest_first(self, network: Network) -> None:
        circles = [a_circle(str(number))[0] for number in range(5)]
        for circle in circles:
            await network.circles.add(circle)
        assert list(await network.circles.page(None, 2)) == circles[:2]
        assert list(await network.circles.page(circles[1].id, 10)) == circles[2:]
        assert list(await network.circles.page(circles[4].id, 10)) == []

    async def test_posts_are_had_by_their_ids(self, network: Network) -> None:
        posts = [a_post(new_id()) for _ in range(3)]
        for post in posts:
            await network.posts.add(post)
        asked = [posts[2].id, new_id(), posts[0].id]
        found = await network.posts.get_all(asked)
        assert sorted(found, key=lambda post: post.id) == [posts[0], posts[2]]
        assert list(await network.posts.get_all([])) == []

    async def test_a_count_only_goes_up(self, network: Network) -> None:
        circle, post = a_circle()[0], a_post(new_id())
        await network.circles.add(circle)
        await network.posts.add(post)
        for number, wanted in ((3, 3), (2, 3), (3, 3), (7, 7)):
            await network.circles.count_up(circle.id, number)
            await network.posts.count_up(post.id, number)
            assert await network.circles.get(circle.id) == replace(circle, member_count=wanted)
            assert await network.posts.get(post.id) == replace(post, comment_count=wanted)
        await network.circles.count_up(new_id(), 1)
        await network.posts.count_up(new_id(), 1)

    async def test_a_member_is_in_a_circle_once_and_has_a_number_of_her_own(
        self, network: Network
    ) -> None:
        circle, other, ada, bea = (new_id() for _ in range(4))
        first = Membership(circle, ada, 1, NOW)
        await network.memberships.add(first)
        for taken in (Membership(circle, ada, 2, NOW), Membership(circle, bea, 1, NOW)):
            with pytest.raises(Taken):
                await network.memberships.add(taken)
        await network.memberships.add(Membership(circle, bea, 2, NOW))
        await network.memberships.add(Membership(other, ada, 1, NOW))
        assert await network.memberships.get(circle, ada) == first
        assert await network.memberships.get(other, bea) is None
        assert set(await network.memberships.circles_of(ada)) == {circle, other}
        assert list(await network.memberships.circles_of(bea)) == [circle]
        assert list(await network.memberships.circles_of(new_id())) == []

    async def test_who_left_is_in_no_circle_and_may_come_back(self, network: Network) -> None:
        circle, ada, bea = (new_id() for _ in range(3))
        first = Membership(circle, ada, 1, NOW)
        await network.memberships.add(first)
        await network.memberships.add(Membership(circle, bea, 2, NOW))
        left = first.leave(NOW)
        await network.memberships.save(left)
        assert await network.memberships.get(circle, ada) == left
        assert list(await network.memberships.circles_of(ada)) == []
        for taken in (left, left.come_back(2, NOW), replace(left, version=9)):
            with pytest.raises(Taken):
                await network.memberships.save(taken)
        again = left.come_back(3, NOW)
        await network.memberships.save(again)
        assert await network.memberships.get(circle, ada) == again
        assert list(await network.memberships.circles_of(ada)) == [circle]
        await network.memberships.save(again.leave(NOW))
        assert await network.memberships.last_number(circle, 0) == 3
        with pytest.raises(Taken):
            await network.memberships.save(Membership(new_id(), ada, 1, NOW, version=2))

    async def test_the_last_number_of_a_circle_is_known_from_any_lower_one(
        self, network: Network
    ) -> None:
        circle = new_id()
        assert await network.memberships.last_number(circle, 0) == 0
        for number in range(1, 5):
            await network.memberships.add(Membership(circle, new_id(), number, NOW))
        await network.memberships.add(Membership(new_id(), new_id(), 9, NOW))
        for known in range(5):
            assert await network.memberships.last_number(circle, known) == 4

    async def test_a_post_comes_back_as_it_was_stored(self, network: Network) -> None:
        post = a_post(new_id())
        await network.posts.add(post)
        assert await network.posts.get(post.id) == post
        assert await network.posts.by_request(post.author_id, post.request_id) == post
        assert await network.posts.get(new_id()) is None
        assert await network.posts.by_request(new_id(), post.request_id) is None
        with pytest.raises(Taken):
            await network.posts.add(replace(a_post(new_id()), author_id=post.author_id,
                                            request_id=post.request_id))  # fmt: skip

    @pytest.mark.parametrize("gaps", [[0], [1, 1, 50], [1_000, 0, 0, 3]])
    async def test_pages_of_posts_are_complete_whatever_their_pace(
        self, network: Network, gaps: list[int]
    ) -> None:
        start = new_id().int >> 80
        circle, other = (timed_id(start - 9_000_000, NETWORK, name) for name in ("a", "b"))
        at, posts = start - 8_000_000, list[Post]()
        for number in range(30):
            at += gaps[number % len(gaps)] * 100
            posts.append(a_post(circle, id=timed_id(at, NETWORK, number)))
            await network.posts.add(posts[-1])
            await network.posts.add(a_post(other, id=timed_id(at, NETWORK, "other", number)))
        wanted = sorted((post.id for post in posts), reverse=True)
        for sizes in ((40,), (4,), (1, 9, 2), (30, 1), (7,)):
            seen, token, turn = list[UUID](), None, 0
            while page := await network.posts.page(circle, token, sizes[turn % len(sizes)]):
                assert len(page) <= sizes[turn % len(sizes)]
                seen += [post.id for post in page]
                token, turn = seen[-1], turn + 1
            assert seen == wanted

    async def test_a_comment_comes_back_in_its_place(self, network: Network) -> None:
        post, other = a_post(new_id()), a_post(new_id())
        comments = [a_comment(post, number) for number in range(1, 6)]
        for comment in comments:
            await network.comments.add(post, comment)
        await network.comments.add(other, a_comment(other))
        assert list(await network.comments.page(post.id, 0, 10)) == comments
        assert list(await network.comments.page(post.id, 1, 3)) == comments[1:4]
        assert list(await network.comments.page(post.id, 5, 3)) == []
        found = await network.comments.by_request(comments[2].author_id, comments[2].request_id)
        assert found == comments[2]
        assert await network.comments.by_request(new_id(), comments[2].request_id) is None
        for known in (0, 3, 5):
            assert await network.comments.last_number(post.id, known) == 5

    async def test_a_number_is_of_one_comment_and_a_request_too(self, network: Network) -> None:
        post, first = a_post(new_id()), a_comment(a_post(new_id()))
        first = replace(first, post_id=post.id)
        await network.comments.add(post, first)
        for taken in (
            replace(a_comment(post, 1), post_id=post.id),
            replace(a_comment(post, 2), author_id=first.author_id, request_id=first.request_id),
        ):
            with pytest.raises(Taken):
                await network.comments.add(post, taken)

    async def test_nothing_is_seen_from_another_network(
        self, kept: Networks, network: Network
    ) -> None:
        circle, founder = a_circle()
        post = a_post(circle.id, founder.member_id)
        comment = a_comment(post)
        await network.circles.add(circle)
        await network.memberships.add(founder)
        await network.posts.add(post)
        await network.comments.add(post, comment)
        other = kept.of(OTHER_NETWORK)
        assert await other.circles.get(circle.id) is None
        assert await other.circles.by_request(circle.founder_id, circle.request_id) is None
        assert list(await other.circles.page(None, 10)) == []
        assert await other.memberships.get(circle.id, founder.member_id) is None
        assert list(await other.memberships.circles_of(founder.member_id)) == []
        assert await other.memberships.last_number(circle.id, 0) == 0
        assert await other.posts.get(post.id) is None
        assert await other.posts.by_request(post.author_id, post.request_id) is None
        assert list(await other.posts.page(circle.id, None, 10)) == []
        assert list(await other.comments.page(post.id, 0, 10)) == []
        assert await other.comments.by_request(comment.author_id, comment.request_id) is None
        assert await other.comments.last_number(post.id, 0) == 0
        await other.posts.count_up(post.id, 9)
        await other.circles.count_up(circle.id, 9)
        await other.circles.count_left(circle, 9, counted := Counted(founder.member_id, 9))
        await other.circles.settle(circle.id, counted)
        await other.memberships.mark_counted(circle.id, counted)
        with pytest.raises(Taken):
            await other.memberships.save(founder.leave(NOW))
        assert await network.posts.get(post.id) == post
        assert await network.circles.get(circle.id) == circle
        assert await network.memberships.get(circle.id, founder.member_id) == founder


class TestFakeNetworks(NetworksContract):
    @pytest.fixture
    def kept(self) -> Networks:
        return FakeNetworks()


class TestMongoNetworks(NetworksContract):
    @pytest.fixture
    def kept(self, networks: MongoNetworks) -> Networks:
        return networks

    async def test_of_many_who_want_a_number_at_once_one_gets_it(self, network: Network) -> None:
        post = a_post(new_id())

        async def attempt() -> str:
            try:
                await network.comments.add(post, a_comment(post))
            except Taken:
                return "taken"
            return "stored"

        outcomes = await asyncio.gather(*(attempt() for _ in range(12)))
        assert sorted(outcomes) == ["stored"] + ["taken"] * 11

    async def test_words_and_events_are_where_they_belong(
        self, network: Network, database: Database
    ) -> None:
        post = a_post(new_id())
        comment = a_comment(post)
        await network.posts.add(post)
        await network.comments.add(post, comment)
        for name, text, events in (("posts", post.text, 2), ("comments", comment.text, 3)):
            document = await database.unscoped(name).find_one({})
            assert document
            assert document["text"] == text
            assert len(document["outbox"]) == events
            for entry in document["outbox"]:
                assert text.encode() not in entry["payload"]


async def test_the_relay_is_woken_by_what_is_stored_and_by_what_may_be(database: Database) -> None:
    woken = list[str]()
    network = MongoNetworks(database, wake=lambda: woken.append("woken")).of(NETWORK)
    post = a_post(new_id())
    await network.posts.add(post)
    assert len(woken) == 1
    with pytest.raises(Taken):
        await network.posts.add(post)
    assert len(woken) == 2
    await network.comments.add(post, a_comment(post))
    assert len(woken) == 3
    await network.circles.add(a_circle()[0])
    assert len(woken) == 4


async def test_every_hot_query_walks_an_index(networks: MongoNetworks, database: Database) -> None:
    network = networks.of(NETWORK)
    circle, founder = a_circle()
    await network.circles.add(circle)
    await network.memberships.add(founder)
    for _ in range(30):
        post = a_post(circle.id)
        await network.posts.add(post)
        await network.comments.add(post, a_comment(post))
    some = new_id()
    queries: dict[str, list[tuple[Document, str]]] = {
        "circles": [
            ({"founder_id": some, "request_id": "r"}, "_id"),
            ({"_id": {"$gt": circle.id}}, "_id"),
            ({"_id": some}, "_id"),
        ],
        "memberships": [
            ({"member_id": some, "left_at": None}, "_id"),
            ({"member_id": some}, "_id"),
            ({"circle_id": some, "number": {"$gt": 3}}, "number"),
        ],
        "posts": [
            ({"author_id": some, "request_id": "r"}, "_id"),
            ({"circle_id": circle.id, "_id": {"$gte": circle.id, "$lt": some}}, "_id"),
        ],
        "comments": [
            ({"author_id": some, "request_id": "r"}, "_id"),
            ({"post_id": some, "number": {"$gt": 3, "$lte": 20}}, "number"),
        ],
    }
    for name, asked in queries.items():
        collection = database.collection(name, NETWORK)
        for query, order in asked:
            plan = str(await collection.plan(query, [(order, -1)]))
            assert "IXSCAN" in plan, (name, query)
            assert "COLLSCAN" not in plan, (name, query)
