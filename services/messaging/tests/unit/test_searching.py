"""Search against a model that looks at everything, page by page, whatever the budget."""

from __future__ import annotations

import unicodedata
from uuid import UUID

import pytest
from common.errors import Invalid
from hypothesis import given
from hypothesis import strategies as st
from messaging.application import search as searching
from messaging.application.search import Place, search
from messaging.application.tails import Tails
from messaging.domain.changing import deleted, edited
from messaging.domain.message import Message
from messaging.domain.searching import MAX_QUERY, Query, folded

from services.messaging.tests.builders import (
    ADA,
    BEN,
    CAT,
    NOW,
    a_conversation,
    a_draft,
    a_placed,
    send,
)
from services.messaging.tests.fakes import FakeNetwork, a_network

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
TALKS = [a_conversation(ADA, BEN), a_conversation(ADA, CAT), a_conversation(BEN, CAT)]


@given(texts)
def test_folding_again_changes_nothing_and_case_and_accents_do_not_count(text: str) -> None:
    once = folded(text)
    assert folded(once) == once
    for same in (text.swapcase().swapcase(), unicodedata.normalize("NFD", text)):
        if same == text or unicodedata.normalize("NFC", same) == unicodedata.normalize("NFC", text):
            assert folded(same) == once


@pytest.mark.parametrize(
    "query, text, found",
    [
        ("GRÜSSE", "viele grüße 🌱", True), ("cafe\u0301", "CAFÉ", True), ("cafe", "Café", True),
        ("ﬁnd", "find me", True), ("night awake", "Awake at night", True),
        ("night asleep", "Awake at night", False), ("wake", "awake", True),
        ("眠れ", "眠れない", True), ("\u0301", "\u0301", False),
        ("İstanbul", "istanbul", True), ("x", "", False), ("ΣΊΣΥΦΟΣ", "σίσυφος", True),
    ],
)  # fmt: skip
def test_what_is_found(query: str, text: str, found: bool) -> None:
    assert Query.of(query).finds(text) is found


@pytest.mark.parametrize("query", ["", " \n", "a\x00", "x" * (MAX_QUERY + 1)])
def test_what_cannot_be_looked_for(query: str) -> None:
    with pytest.raises(Invalid):
        Query.of(query)


async def all_found(network: FakeNetwork, query: str, limit: int) -> tuple[list[Message], int]:
    """What Ada finds page by page, and in how many pages."""
    found: list[Message] = []
    place: Place | None = None
    for pages in range(1, 500):
        page = await search(network, ADA, Query.of(query), place, limit)
        assert len(page.messages) <= limit
        found += page.messages
        if (place := page.rest) is None:
            return found, pages
    raise AssertionError("it does not end")


async def test_it_finds_what_is_there_now_in_her_own_talks_newest_first() -> None:
    network, tails = a_network(ADA, BEN, CAT), Tails()
    for talk in TALKS:
        await network.conversations.add([talk])
        for number in range(5):
            sender = talk.member_ids[number % 2]
            draft = a_draft(sender, f"tea {number}" if number % 2 else f"TÉA {number}")
            await send(network, tails, conversation_id=talk.id, draft=draft)
    messages = network.messages
    for talk in TALKS:
        second, third = messages.of(talk.id)[1:3]
        assert await messages.change(talk, second, edited(second, "coffee", NOW))
        assert await messages.change(talk, third, deleted(third, NOW))
    expected = [(talk.id, n) for talk in (TALKS[1], TALKS[0]) for n in (5, 4, 1)]
    for limit in (1, 2, 50):
        found, _ = await all_found(network, "tea", limit)
        assert [(one.conversation_id, one.sequence) for one in found] == expected
    found, _ = await all_found(network, "coffee", 50)
    assert [one.sequence for one in found] == [2, 2]


async def a_long_network(counts: list[int], every: int) -> FakeNetwork:
    """Ada's talks with so many messages; each so many-th says "tea"."""
    network = a_network(ADA)
    for number, count in enumerate(counts):
        talk, tail = a_conversation(ADA, UUID(int=number + 1)), None
        await network.conversations.add([talk])
        for n in range(1, count + 1):
            text = "tea" if n % every == 0 else "no"
            placed = a_placed(a_draft(text=text, client_id=f"c{n}"), talk, tail)
            network.messages.all.append(placed.message)
            tail = placed.message.tail
    return network


@pytest.mark.parametrize("counts", [[0, 0], [250], [100, 0, 100, 1], [99, 201, 0, 7], [1] * 12])
async def test_however_small_the_pages_each_is_found_once_in_the_same_order(
    counts: list[int],
) -> None:
    network = await a_long_network(counts, 7)
    whole, _ = await all_found(network, "tea", 1_000)
    assert len(whole) == sum(count // 7 for count in counts)
    for limit in (1, 3, 1_000):
        found, _ = await all_found(network, "tea", limit)
        assert found == whole


async def test_a_request_looks_at_so_many_and_ends_when_its_time_is_over() -> None:
    network = await a_long_network([searching.MOST_SCANNED + 50, 30], 1_000)
    found, pages = await all_found(network, "nowhere", 50)
    assert (found, pages) == ([], 2)
    now = iter(range(10_000))
    place, pages = None, 0
    while True:
        page = await search(network, ADA, Query.of("tea"), place, 50, lambda: float(next(now)))
        found += page.messages
        pages += 1
        if (place := page.rest) is None:
            break
    assert len(found) == 2
    assert pages == 23  # each looks at one page of 100, and the last finds no conversation
