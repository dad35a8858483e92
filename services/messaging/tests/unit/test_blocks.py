"""What a blocked member sends never reaches who blocked her, and every place is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from common.errors import Invalid
from hypothesis import given
from hypothesis import strategies as st
from messaging.application.blocking import block, unblock
from messaging.application.conversation_pages import requests, talks
from messaging.application.open_conversation import open_conversation
from messaging.application.queries import messages_after, messages_before
from messaging.application.tails import Tails
from messaging.application.withholding import Withheld
from messaging.domain.block import CLOCKS_DIFFER, MOST_BLOCKS, MOST_SPELLS, Block, Withholding
from messaging.domain.contact import WhoMayWrite
from messaging.domain.errors import BlocksFull, MemberNotFound
from messaging.domain.message import Message

from services.messaging.tests.builders import (
    ADA,
    BEN,
    CAT,
    HOUR,
    MINUTE,
    NOW,
    a_conversation,
    a_draft,
    access_of,
    send,
)
from services.messaging.tests.fakes import FakeNetwork, a_network

TALK = a_conversation().id
Step = tuple[str, int]
STEPS = st.lists(st.tuples(st.sampled_from(["begin", "end"]), st.integers(1, 50)), max_size=12)


@given(STEPS, st.integers(0, 700))
def test_it_withholds_what_was_sent_while_it_held_and_nothing_else(
    steps: list[Step], asked: int
) -> None:
    """Against a plain model: minutes of the clock at which it held."""
    one, minute, held = Block(ADA, BEN), 0, set[int]()
    for step, waits in steps:
        if one.holds:
            held |= set(range(minute, minute + waits))
        minute += waits
        at = NOW + minute * MINUTE
        one = one.begin(at) if step == "begin" else one.end(at)
    if one.holds:
        held |= set(range(minute, 1000))
    assert one.covers(NOW + asked * MINUTE) == (asked in held)
    assert one.version <= len(steps)


@given(st.integers(0, 3 * MOST_SPELLS), st.integers(0, 300))
def test_however_often_it_began_it_stays_small_and_withholds_no_less(
    times: int, asked: int
) -> None:
    one = Block(ADA, BEN)
    for number in range(times):
        one = one.begin(NOW + 2 * number * HOUR).end(NOW + (2 * number + 1) * HOUR)
    assert len(one.spells) <= MOST_SPELLS
    at = NOW + asked * HOUR / 2
    if any(2 * n * HOUR <= at - NOW < (2 * n + 1) * HOUR for n in range(times)):
        assert one.covers(at)


def test_again_changes_nothing_and_nobody_blocks_herself() -> None:
    held = Block(ADA, BEN).begin(NOW)
    assert held.begin(NOW + HOUR) is held
    assert held.begun_at == NOW
    ended = held.end(NOW + HOUR)
    assert ended.end(NOW + HOUR) is ended
    assert not Block(ADA, BEN).end(NOW).holds
    with pytest.raises(Invalid):
        Block(ADA, ADA)


def test_clocks_that_differ_a_little_let_nothing_through() -> None:
    held = Block(ADA, BEN).begin(NOW)
    assert held.covers(NOW - CLOCKS_DIFFER)
    assert not held.covers(NOW - CLOCKS_DIFFER - timedelta(milliseconds=1))


@given(st.booleans(), st.integers(-5, 5))
def test_her_own_words_are_never_withheld_from_her(deaf: bool, hours: int) -> None:
    withholding = Withholding(ADA, deaf, {BEN: Block(ADA, BEN).begin(NOW)})
    assert not withholding.covers(ADA, NOW + hours * HOUR)
    assert withholding.covers(BEN, NOW + hours * HOUR) == (deaf or hours >= 0)
    assert withholding.covers(CAT, NOW) == deaf


async def write(network: FakeNetwork, sender: UUID, at: datetime, text: str = "Hello") -> Message:
    draft = a_draft(sender, text, at=at)
    return await send(network, Tails(), conversation_id=TALK, draft=draft)


async def seen(network: FakeNetwork, reader: UUID) -> list[str | None]:
    """What of the talk she reads, in order; None for a place that is withheld."""
    found, _ = await messages_after(network, TALK, access_of(reader), 0, 50)
    back, _ = await messages_before(network, TALK, access_of(reader), None, 50)
    assert found == list(back)[::-1]
    assert [one.sequence for one in found] == list(range(1, len(found) + 1))
    return [one.text if isinstance(one, Message) else None for one in found]


@given(st.lists(st.sampled_from(["block", "unblock", "ada", "ben", "import"]), max_size=14))
async def test_no_word_that_was_sent_while_blocked_is_ever_read(steps: Sequence[str]) -> None:
    network = a_network(ADA, BEN)
    await network.conversations.add([replace(a_conversation(), created_at=NOW - HOUR)])
    blocked, hers, his = False, list[str | None](), list[str | None]()
    for number, step in enumerate(steps):
        at, text = NOW + number * MINUTE, f"message {number}"
        if step in ("block", "unblock"):
            do = block if step == "block" else unblock
            await do(network, caller=ADA, blocked=BEN, at=at)
            blocked = step == "block"
        else:
            sender = ADA if step == "ada" else BEN
            await write(network, sender, at, text)
            hers.append(None if blocked and sender == BEN else text)
            his.append(text)
    assert await seen(network, ADA) == hers
    assert await seen(network, BEN) == his
    assert len((await talks(network, ADA, None, 9, NOW)).shown) == (not blocked)
    assert len((await talks(network, BEN, None, 9, NOW)).shown) == 1


async def test_of_a_place_that_is_withheld_nothing_but_its_number_is_told() -> None:
    network = a_network(ADA, BEN)
    await network.conversations.add([a_conversation()])
    await block(network, caller=ADA, blocked=BEN, at=NOW)
    await write(network, BEN, NOW)
    found, more = await messages_after(network, TALK, access_of(ADA), 0, 5)
    assert (found, more) == ([Withheld(TALK, 1)], False)


@pytest.mark.parametrize("rule", [WhoMayWrite.NETWORK, WhoMayWrite.CIRCLES])
async def test_what_was_begun_while_blocked_is_on_no_list_until_she_is_heard(
    rule: WhoMayWrite,
) -> None:
    network = a_network(ADA, BEN, rule=rule)
    await block(network, caller=ADA, blocked=BEN, at=NOW)
    await open_conversation(network, caller=BEN, peer=ADA, at=NOW + MINUTE)
    await write(network, BEN, NOW + MINUTE)
    for _ in range(2):
        for of in (talks, requests):
            assert not (await of(network, ADA, None, 9, NOW)).shown
        await unblock(network, caller=ADA, blocked=BEN, at=NOW + HOUR)
    await write(network, BEN, NOW + 2 * HOUR, "Are you there?")
    of = talks if rule is WhoMayWrite.NETWORK else requests
    assert len((await of(network, ADA, None, 9, NOW)).shown) == 1
    assert await seen(network, ADA) == [None, "Are you there?"]


async def test_what_was_declined_is_not_read_until_she_agrees() -> None:
    network = a_network(ADA, BEN, rule=WhoMayWrite.NOBODY)
    await open_conversation(network, caller=ADA, peer=BEN, at=NOW)
    await write(network, ADA, NOW)
    assert await seen(network, BEN) == [None]
    await open_conversation(network, caller=BEN, peer=ADA, at=NOW)
    assert await seen(network, BEN) == ["Hello"]


async def test_who_is_not_there_cannot_be_blocked_and_there_is_an_end_to_it() -> None:
    network = a_network(ADA, BEN, CAT)
    stranger = a_conversation().id
    with pytest.raises(MemberNotFound):
        await block(network, caller=ADA, blocked=stranger, at=NOW)
    await unblock(network, caller=ADA, blocked=stranger, at=NOW)
    await block(network, caller=ADA, blocked=BEN, at=NOW)
    for number in range(MOST_BLOCKS - 1):
        await network.sides.blocks.save(Block(ADA, UUID(int=number)).begin(NOW))
    with pytest.raises(BlocksFull):
        await block(network, caller=ADA, blocked=CAT, at=NOW)
    await unblock(network, caller=ADA, blocked=BEN, at=NOW + HOUR)
    await block(network, caller=ADA, blocked=BEN, at=NOW + 2 * HOUR)
