"""The library: what can be added, what a request made again is, and that what is out stays out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from common.errors import ConcurrentUpdate, Invalid
from common.ids import new_id
from community.application.library import (
    add_resource,
    get_resource,
    list_resources,
    withdraw_resource,
)
from community.application.ports import Taken
from community.domain.errors import RequestIdReused, ResourceNotFound
from community.domain.language import language_tag
from community.domain.resource import MAX_SUMMARY, MAX_TITLE, Kind, Resource, State
from hypothesis import given
from hypothesis import strategies as st

from services.community.tests.builders import NETWORK, NOW
from services.community.tests.builders_resources import a_resource_draft
from services.community.tests.fakes import FakeNetwork, a_network
from services.community.tests.fakes_resources import FakeResources

ADA, GRACE = new_id(), new_id()


@pytest.fixture
def network() -> FakeNetwork:
    return a_network(NETWORK)


BAD: list[tuple[str, dict[str, Any]]] = [
    ("title", {"title": " "}),
    ("title", {"title": "x" * (MAX_TITLE + 1)}),
    ("title", {"title": "a\x00"}),
    ("summary", {"summary": "x" * (MAX_SUMMARY + 1)}),
    ("summary", {"summary": "\x00"}),
    ("url", {"url": "http://example.org/"}),
    ("language", {"language": ""}),
    ("language", {"language": "English"}),
    ("language", {"language": "x" * 40}),
    ("length_minutes", {"minutes": -1}),
    ("length_minutes", {"minutes": 1_441}),
    ("request_id", {"request": ""}),
    ("request_id", {"request": "x" * 65}),
]


@pytest.mark.parametrize("field, bad", BAD, ids=range(len(BAD)))
def test_what_cannot_be_shown_or_followed_is_refused(field: str, bad: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        a_resource_draft(**bad)
    assert refused.value.metadata == {"field": field}


def test_little_need_be_known() -> None:
    a_resource_draft(summary="", minutes=0)


@pytest.mark.parametrize(
    "tag, kept",
    [("EN", "en"), ("pt-br", "pt-BR"), ("ZH-hant", "zh-Hant"), ("es-419", "es-419"),
     ("sl-ROZAJ-biske", "sl-rozaj-biske"), ("ast", "ast")],
)  # fmt: skip
def test_a_language_is_kept_in_one_form(tag: str, kept: str) -> None:
    assert language_tag(tag, "language") == kept


@given(st.text(max_size=40))
def test_no_language_has_two_forms(text: str) -> None:
    try:
        kept = language_tag(text, "language")
    except Invalid:
        return
    assert kept.lower() == text.lower()
    assert language_tag(kept, "language") == kept


async def test_the_same_request_is_the_same_resource(network: FakeNetwork) -> None:
    draft = a_resource_draft(ADA, language="pt-br", request="q1")
    made = await add_resource(network, draft)
    assert (made.language, made.listed, made.version) == ("pt-BR", True, 1)
    assert await add_resource(network, replace(draft, language="pt-BR")) == made
    others: list[dict[str, Any]] = [
        {"kind": Kind.VIDEO}, {"title": "Another"}, {"summary": ""}, {"language": "pt"},
        {"url": "https://example.org/other"}, {"length_minutes": 0},
    ]  # fmt: skip
    for other in others:
        with pytest.raises(RequestIdReused):
            await add_resource(network, replace(draft, **other))
    assert (await add_resource(network, replace(draft, added_by=GRACE))).id != made.id
    assert network.resources.deeds == [ADA, GRACE]


async def test_what_is_withdrawn_is_shown_to_nobody(network: FakeNetwork) -> None:
    draft = a_resource_draft(ADA)
    made = await add_resource(network, draft)
    assert await get_resource(network, made.id) == made
    assert await list_resources(network, None, 9, None) == ([made], False)
    await withdraw_resource(network, made.id, GRACE, NOW)
    with pytest.raises(ResourceNotFound):
        await get_resource(network, made.id)
    assert await list_resources(network, None, 9, None) == ([], False)
    again = await add_resource(network, draft)  # an answer that was lost is told what is so
    assert (again.id, again.state, again.version) == (made.id, State.WITHDRAWN, 2)


async def test_withdrawing_again_changes_nothing_and_is_told_to_nobody(
    network: FakeNetwork,
) -> None:
    made = await add_resource(network, a_resource_draft(ADA))
    for _ in range(2):
        await withdraw_resource(network, made.id, GRACE, NOW)
    assert network.resources.all[made.id].version == 2
    assert network.resources.deeds == [ADA, GRACE]
    with pytest.raises(ResourceNotFound):
        await withdraw_resource(network, new_id(), GRACE, NOW)


class Busy(FakeResources):
    """Somebody is always quicker, so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    async def save(self, resource: Resource, by: object) -> None:
        if self.times:
            self.times -= 1
            raise Taken
        await super().save(resource, GRACE)


async def test_who_is_late_looks_again_and_not_for_ever(network: FakeNetwork) -> None:
    for times, withdrawn in ((4, True), (5, False)):
        busy = replace(network, resources=Busy(times))
        made = await add_resource(busy, a_resource_draft())
        if withdrawn:
            await withdraw_resource(busy, made.id, GRACE, NOW)
        else:
            with pytest.raises(ConcurrentUpdate):
                await withdraw_resource(busy, made.id, GRACE, NOW)
        kept = await busy.resources.get(made.id)
        assert kept
        assert kept.listed is not withdrawn


async def test_pages_hold_each_once_the_newest_first(network: FakeNetwork) -> None:
    kinds = [Kind.VIDEO, Kind.ARTICLE, Kind.VIDEO, Kind.PODCAST, Kind.VIDEO]
    made = [await add_resource(network, a_resource_draft(kind=kind)) for kind in kinds]
    newest = made[::-1]
    assert await list_resources(network, None, 2, None) == (newest[:2], True)
    assert await list_resources(network, newest[1].id, 3, None) == (newest[2:], False)
    videos = [made[4], made[2], made[0]]
    assert await list_resources(network, None, 3, Kind.VIDEO) == (videos, False)
    assert await list_resources(network, made[2].id, 3, Kind.VIDEO) == ([made[0]], False)
