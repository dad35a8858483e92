"""The home feed: complete and without doubles, however it is paged and whatever arrives."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from common.ids import new_id, timed_id
from community.application.list_home_feed import list_home_feed
from community.domain.circle import Membership
from community.domain.post import Post
from hypothesis import given
from hypothesis import strategies as st

from services.community.tests.builders import NETWORK, NOW, a_post
from services.community.tests.fakes import FakeNetwork, FakePosts, a_network

CIRCLES = [new_id() for _ in range(5)]
MINE = CIRCLES[:4]
"""The last circle is one the reader is not in."""
READER = new_id()


async def a_reader(posts: FakePosts | None = None) -> FakeNetwork:
    network = a_network(NETWORK, posts)
    for circle_id in MINE:
        await network.memberships.add(Membership(circle_id, READER, 1, NOW))
    return network


async def arrive(network: FakeNetwork, at: int, circle: int) -> Post:
    post = a_post(CIRCLES[circle], id=timed_id(at, NETWORK, at))
    await network.posts.add(post)
    return post


@given(
    runs=st.lists(st.tuples(st.integers(0, 4), st.integers(1, 9)), max_size=10),
    meanwhile=st.lists(st.lists(st.integers(0, 4), max_size=3), max_size=10),
    sizes=st.lists(st.integers(1, 7), min_size=1, max_size=5),
)
async def test_no_post_is_lost_or_doubled_while_new_ones_arrive(
    runs: list[tuple[int, int]], meanwhile: list[list[int]], sizes: list[int]
) -> None:
    network = await a_reader()
    before = [circle for circle, length in runs for _ in range(length)]
    wanted = [await arrive(network, 1000 + at, circle) for at, circle in enumerate(before)]
    seen: list[Post] = []
    token: UUID | None = None
    turn, more = 0, True
    while more:
        found, more = await list_home_feed(network, READER, token, sizes[turn % len(sizes)])
        assert len(found) <= sizes[turn % len(sizes)]
        seen += found
        token = found[-1].id if found else None
        for number, circle in enumerate(meanwhile[turn] if turn < len(meanwhile) else ()):
            await arrive(network, 100_000 + 10 * turn + number, circle)
        turn += 1
    assert [post.id for post in seen] == [
        post.id for post in reversed(wanted) if post.circle_id in MINE
    ]


class Counting(FakePosts):
    """Counts what is read."""

    read = 0

    async def page(self, circle_id: UUID, before: UUID | None, limit: int) -> Sequence[Post]:
        found = await super().page(circle_id, before, limit)
        self.read += len(found)
        return found


async def test_a_page_reads_little_more_than_it_shows_however_much_there_is() -> None:
    posts = Counting()
    network = await a_reader(posts)
    for at in range(500):
        await arrive(network, at, at % 5)
    found, _ = await list_home_feed(network, READER, None, 20)
    assert len(found) == 20
    assert posts.read <= 2 * 21


async def test_who_is_in_no_circle_reads_nothing() -> None:
    network = await a_reader()
    await arrive(network, 1, 0)
    assert await list_home_feed(network, new_id(), None, 10) == ([], False)


async def test_a_full_page_says_whether_there_is_another() -> None:
    network = await a_reader()
    for at in range(4):
        await arrive(network, at, at)
    _, more = await list_home_feed(network, READER, None, 4)
    assert not more
    found, more = await list_home_feed(network, READER, None, 3)
    assert (len(found), more) == (3, True)
