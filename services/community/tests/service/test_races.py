"""Many at once, over the real database, as one process and as several."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from common.ids import new_id
from common.mongo import Database
from community.adapters.mongo import INDEXES, MongoNetworks
from community.application.create_circle import create_circle
from community.application.join_circle import join_circle
from community.application.leave_circle import leave_circle
from community.application.list_home_feed import list_home_feed
from community.application.ports import Network
from community.application.turns import Turns
from community.domain.circle import Circle

from services.community.tests.builders import (
    NETWORK,
    NOW,
    a_circle_draft,
    a_comment_draft,
    a_post_draft,
    commented,
    posted,
)

PROCESSES = 3


@pytest.fixture
async def processes(database: Database) -> list[tuple[Network, Turns]]:
    """What several processes have of the one network, each with its own memory."""
    await database.create_collections(INDEXES)
    return [
        (MongoNetworks(database, wake=lambda: None).of(NETWORK), Turns()) for _ in range(PROCESSES)
    ]


@pytest.fixture
def network(processes: list[tuple[Network, Turns]]) -> Network:
    return processes[0][0]


@pytest.fixture
async def circle(network: Network) -> Circle:
    return await create_circle(network, a_circle_draft())


async def test_one_request_sent_many_times_at_once_opens_one_circle(
    processes: list[tuple[Network, Turns]], network: Network
) -> None:
    draft = a_circle_draft(request="once")
    made = await asyncio.gather(
        *(create_circle(processes[number % PROCESSES][0], draft) for number in range(12))
    )
    assert len({circle.id for circle in made}) == 1
    assert list(await network.memberships.circles_of(draft.founder_id)) == [made[0].id]
    assert len(await network.circles.page(None, 100)) == 1


async def test_one_request_sent_many_times_at_once_is_one_post(
    processes: list[tuple[Network, Turns]], network: Network, circle: Circle
) -> None:
    draft = a_post_draft(circle.id, circle.founder_id, request="once")
    made = await asyncio.gather(
        *(posted(processes[number % PROCESSES][0], draft) for number in range(12))
    )
    assert len({post.id for post in made}) == 1
    assert len(await network.posts.page(circle.id, None, 100)) == 1


async def test_comments_of_many_at_once_are_all_there_in_one_order_and_counted(
    processes: list[tuple[Network, Turns]], network: Network, circle: Circle
) -> None:
    post = await posted(network, a_post_draft(circle.id, circle.founder_id))
    drafts = [
        a_comment_draft(post.id, circle.founder_id, request=f"{number % 15}")
        for number in range(45)
    ]  # each request three times, from three processes
    made = await asyncio.gather(
        *(commented(*processes[number // 15], draft) for number, draft in enumerate(drafts))
    )
    found = await network.comments.page(post.id, 0, 100)
    assert [comment.number for comment in found] == list(range(1, 16))
    assert {comment.id for comment in made} == {comment.id for comment in found}
    kept = await network.posts.get(post.id)
    assert kept
    assert kept.comment_count == 15


async def test_members_who_join_at_once_are_each_in_and_counted_once(
    processes: list[tuple[Network, Turns]], network: Network, circle: Circle
) -> None:
    members = [new_id() for _ in range(12)]
    await asyncio.gather(
        *(
            join_circle(mine, turns, circle_id=circle.id, member_id=member, at=NOW)
            for mine, turns in processes
            for member in members
        )
    )
    kept = await network.circles.get(circle.id)
    assert kept
    assert kept.member_count == 13
    places = [await network.memberships.get(circle.id, member) for member in members]
    assert {place.number for place in places if place} == set(range(2, 14))


async def test_members_who_leave_at_once_are_each_out_and_counted_once(
    processes: list[tuple[Network, Turns]], network: Network, circle: Circle
) -> None:
    members = [new_id() for _ in range(8)]
    for member in members:
        await join_circle(network, Turns(), circle_id=circle.id, member_id=member, at=NOW)
    await asyncio.gather(
        *(
            leave_circle(mine, turns, circle_id=circle.id, member_id=member, at=NOW)
            for mine, turns in processes
            for member in members
        )
    )
    kept = await network.circles.get(circle.id)
    assert kept
    assert (kept.present_count, kept.left_count) == (1, 8)
    places = [await network.memberships.get(circle.id, member) for member in members]
    assert [place.version for place in places if place] == [2] * 8


async def test_a_feed_read_while_many_write_loses_and_doubles_nothing(
    processes: list[tuple[Network, Turns]], network: Network
) -> None:
    author = new_id()
    circles = [await create_circle(network, a_circle_draft(author)) for _ in range(3)]
    there = [
        (await posted(network, a_post_draft(circles[number % 3].id, author))).id
        for number in range(40)
    ]

    async def write(mine: Network) -> None:
        for _ in range(40):
            await posted(mine, a_post_draft(circles[0].id, author))

    async def read(mine: Network, size: int) -> list[UUID]:
        seen, token, more = list[UUID](), None, True
        while more:
            found, more = await list_home_feed(mine, author, token, size)
            seen += [post.id for post in found]
            token = seen[-1]
        return seen

    async def read_all(mine: Network) -> None:
        for size in (3, 7, 20):
            seen = await read(mine, size)
            assert seen == sorted(set(seen), reverse=True)
            assert [id for id in seen if id <= there[-1]] == there[::-1]

    await asyncio.gather(*(work(mine) for mine, _ in processes for work in (write, read_all)))
