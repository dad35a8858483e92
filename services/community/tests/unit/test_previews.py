"""What posts are about: in few words, for those alone who may read them, over ports in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest
from common.errors import Invalid
from common.ids import new_id
from community.application.create_circle import create_circle
from community.application.join_circle import join_circle
from community.application.leave_circle import leave_circle
from community.application.library import add_resource, withdraw_resource
from community.application.list_post_previews import MOST_PREVIEWS, list_post_previews
from community.application.list_resource_previews import list_resource_previews
from community.application.turns import Turns
from community.domain.circle import Circle
from community.domain.preview import MOST_EXCERPT, excerpt
from hypothesis import given
from hypothesis import strategies as st

from services.community.tests.builders import (
    NETWORK,
    NOW,
    a_circle_draft,
    a_post_draft,
    posted,
)
from services.community.tests.builders_resources import a_resource_draft
from services.community.tests.fakes import FakeNetwork, a_network


@pytest.fixture
def network() -> FakeNetwork:
    return a_network(NETWORK)


@pytest.fixture
async def circle(network: FakeNetwork) -> Circle:
    return await create_circle(network, a_circle_draft(name="Mornings"))


async def test_it_says_where_a_post_is_and_how_it_begins(
    network: FakeNetwork, circle: Circle
) -> None:
    post = await posted(network, a_post_draft(circle.id, circle.founder_id, text="Who is\n\n up?"))
    [preview] = await list_post_previews(network, circle.founder_id, [post.id])
    assert (preview.post, preview.excerpt) == (post, "Who is up?")
    assert preview.circle.display_name == "Mornings"


async def test_they_come_in_the_order_asked_for_each_once(
    network: FakeNetwork, circle: Circle
) -> None:
    posts = [await posted(network, a_post_draft(circle.id, circle.founder_id)) for _ in range(3)]
    asked = [posts[2].id, posts[0].id, posts[2].id, new_id(), posts[1].id]
    found = await list_post_previews(network, circle.founder_id, asked)
    assert [one.post.id for one in found] == [posts[2].id, posts[0].id, posts[1].id]


async def test_who_is_not_in_the_circle_is_told_nothing(
    network: FakeNetwork, circle: Circle
) -> None:
    post, reader = await posted(network, a_post_draft(circle.id, circle.founder_id)), new_id()
    assert await list_post_previews(network, reader, [post.id]) == []
    await join_circle(network, Turns(), circle_id=circle.id, member_id=reader, at=NOW)
    assert await list_post_previews(network, reader, [post.id])
    await leave_circle(network, Turns(), circle_id=circle.id, member_id=reader, at=NOW)
    assert await list_post_previews(network, reader, [post.id]) == []


async def test_what_has_no_words_any_more_has_no_preview(
    network: FakeNetwork, circle: Circle
) -> None:
    post = await posted(network, a_post_draft(circle.id, circle.founder_id))
    network.posts.all[post.id] = replace(post, text="")
    assert await list_post_previews(network, circle.founder_id, [post.id]) == []


@pytest.mark.parametrize("count", [0, MOST_PREVIEWS + 1])
async def test_a_few_are_asked_for_at_once(network: FakeNetwork, count: int) -> None:
    with pytest.raises(Invalid):
        await list_post_previews(network, new_id(), [new_id() for _ in range(count)])


async def test_a_resource_says_what_it_is_and_how_its_summary_begins(
    network: FakeNetwork,
) -> None:
    made = await add_resource(network, a_resource_draft(summary="Two nurses\n\n talk."))
    [preview] = await list_resource_previews(network, [made.id])
    assert (preview.resource, preview.excerpt) == (made, "Two nurses talk.")
    silent = await add_resource(network, a_resource_draft(summary=""))
    assert [one.excerpt for one in await list_resource_previews(network, [silent.id])] == [""]


async def test_resources_come_in_the_order_asked_for_each_once_and_only_what_is_listed(
    network: FakeNetwork,
) -> None:
    made = [await add_resource(network, a_resource_draft()) for _ in range(4)]
    await withdraw_resource(network, made[1].id, new_id(), NOW)
    asked = [made[3].id, made[1].id, made[0].id, made[3].id, new_id(), made[2].id]
    found = await list_resource_previews(network, asked)
    assert [one.resource.id for one in found] == [made[3].id, made[0].id, made[2].id]


@pytest.mark.parametrize("count", [0, MOST_PREVIEWS + 1])
async def test_a_few_resources_are_asked_for_at_once(network: FakeNetwork, count: int) -> None:
    with pytest.raises(Invalid):
        await list_resource_previews(network, [new_id() for _ in range(count)])


@given(st.text(min_size=1, max_size=400).filter(lambda text: bool(text.strip())))
def test_an_excerpt_is_how_a_text_begins(text: str) -> None:
    found, line = excerpt(text), " ".join(text.split())
    assert 0 < len(found) <= MOST_EXCERPT
    assert "\n" not in found
    if len(line) <= MOST_EXCERPT:
        assert found == line
    else:
        assert found.endswith("…")
        assert line.startswith(found[:-1])
        first = line.split(" ")[0]
        assert len(first) >= MOST_EXCERPT or line[len(found) - 1] == " "  # no half of a word


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("a" * 160, "a" * 160),
        ("a" * 161, "a" * 159 + "…"),
        ("a" * 159 + " b", "a" * 159 + "…"),
        ("word " * 40, "word " * 31 + "word…"),
    ],
)
def test_excerpts(text: str, wanted: str) -> None:
    assert excerpt(text) == wanted
