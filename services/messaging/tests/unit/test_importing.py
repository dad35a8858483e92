"""Importing: each row once, in order, however often and from wherever the history is sent."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from common.errors import ConcurrentUpdate, Unavailable
from common.ids import new_id
from hypothesis import given
from hypothesis import strategies as st
from messaging.application.import_messages import Imported, Row
from messaging.application.tails import Tails
from messaging.domain.errors import MemberNotFound, MessageIdReused

from services.messaging.tests.builders import (
    ADA,
    BEN,
    CAT,
    NOW,
    a_draft,
    a_row,
    bring_in,
    send,
    told,
)
from services.messaging.tests.fakes import Crash, FakeNetwork, a_network, others_first

PAIRS = st.permutations([ADA, BEN, CAT])
HISTORIES = st.lists(st.tuples(PAIRS, st.timedeltas(timedelta(0), timedelta(days=3))), max_size=20)
INTERRUPTIONS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(1, 7), st.booleans()), max_size=5
)


def history(spoken: list[tuple[list[UUID], timedelta]]) -> list[Row]:
    """Rows of three members who write to each other."""
    at, rows = NOW, []
    for number, (people, gap) in enumerate(spoken, start=1):
        at += gap
        sender, recipient = people[0], people[1]
        rows.append(a_row(number, sender, recipient, at=at))
    return rows


def stored(network: FakeNetwork) -> list[list[tuple[object, ...]]]:
    return [told(network.messages.of(id)) for id in sorted(network.conversations.all)]


async def in_batches(network: FakeNetwork, tails: Tails, rows: list[Row], size: int) -> Imported:
    created = existing = 0
    for start in range(0, len(rows), size):
        done = await bring_in(network, tails, rows[start : start + size])
        created, existing = created + done.created, existing + done.existing
    return Imported(created, existing)


@given(HISTORIES, INTERRUPTIONS, st.integers(1, 20))
def test_any_prefixes_crashes_and_repetitions_end_as_if_it_was_sent_once(
    spoken: list[tuple[list[UUID], timedelta]],
    interruptions: list[tuple[int, int, int, bool]],
    size: int,
) -> None:
    rows = history(spoken)

    async def play() -> None:
        once, often = a_network(ADA, BEN, CAT), a_network(ADA, BEN, CAT)
        assert await in_batches(once, Tails(), rows, 20) == Imported(len(rows), 0)
        tails = Tails()
        for prefix, crash, batch, from_there in interruptions:
            there = len(often.messages.all)
            start = there if from_there else 0
            often.messages.crash_after = crash
            try:
                await in_batches(often, tails, rows[start : max(prefix, there)], batch)
            except Crash:
                tails = Tails()  # a new process
            often.messages.crash_after = None
        there = len(often.messages.all)
        done = await in_batches(often, tails, rows, size)
        assert done == Imported(len(rows) - there, there)
        assert stored(often) == stored(once)

    asyncio.run(play())


async def test_a_crash_after_opening_leaves_a_conversation_that_the_next_import_fills() -> None:
    network = a_network(ADA, BEN)
    network.messages.crash_after = 0
    with pytest.raises(Crash):
        await bring_in(network, Tails(), [a_row(1)])
    network.messages.crash_after = None
    assert await bring_in(network, Tails(), [a_row(1)]) == Imported(1, 0)


async def test_an_unknown_member_stops_the_rows_at_hers_and_names_it() -> None:
    network = a_network(ADA, BEN)
    rows = [a_row(1), a_row(2), a_row(3, ADA, new_id()), a_row(4)]
    with pytest.raises(MemberNotFound) as refused:
        await bring_in(network, Tails(), rows)
    assert refused.value.metadata == {"row": "3"}
    assert network.messages.rows.keys() == {rows[0].key, rows[1].key}


@pytest.mark.parametrize(
    "other",
    [a_row(3, text="Other"), a_row(3, at=NOW), a_row(3, BEN, ADA), a_row(3, ADA, CAT)],
    ids=["words", "time", "sender", "recipient"],
)
@pytest.mark.parametrize("at_once", [True, False])
async def test_a_row_with_other_content_is_refused_after_the_rows_before_it(
    other: Row, at_once: bool
) -> None:
    network = a_network(ADA, BEN, CAT)
    first = [a_row(1), a_row(2), a_row(3)]
    again = [a_row(4), other, a_row(5)]
    if not at_once:
        await bring_in(network, Tails(), first)
    with pytest.raises(MessageIdReused) as refused:
        await bring_in(network, Tails(), first + again if at_once else again)
    assert refused.value.metadata == {"row": "3"}
    assert [one.text for one in network.messages.all] == ["row 1", "row 2", "row 3", "row 4"]


async def test_a_row_twice_in_a_batch_is_one_message() -> None:
    network = a_network(ADA, BEN)
    rows = [a_row(1), a_row(2), a_row(1)]
    assert await bring_in(network, Tails(), rows) == Imported(2, 1)
    assert len(network.messages.all) == 2


async def test_two_sources_have_rows_of_their_own() -> None:
    network = a_network(ADA, BEN)
    for source in ("old-forum", "old-forum-2"):
        rows = [a_row(1, source=source), a_row(10**13, at=NOW, source=source)]
        assert await bring_in(network, Tails(), rows) == Imported(2, 0)
        assert await bring_in(network, Tails(), rows) == Imported(0, 2)


async def test_a_live_message_with_the_client_id_of_a_row_does_not_hide_behind_others() -> None:
    network = a_network(ADA, BEN)
    rows = [a_row(1), a_row(2), a_row(3)]
    await network.conversations.add([rows[0].conversation])
    squatter = a_draft(ADA, "row 2", client_id=rows[1].draft.client_message_id)
    await send(network, Tails(), conversation_id=rows[0].conversation.id, draft=squatter)
    with pytest.raises(MessageIdReused) as refused:
        await bring_in(network, Tails(), rows)
    assert refused.value.metadata == {"row": "2"}
    assert network.messages.rows.keys() == {rows[0].key}


async def test_live_senders_and_two_imports_at_once_keep_one_order() -> None:
    network = a_network(ADA, BEN)
    rows = [a_row(n) for n in range(1, 31)]
    talk = rows[0].conversation
    await network.conversations.add([talk])

    async def all_of(tails: Tails) -> None:
        for start in range(0, len(rows), 5):
            while True:
                try:
                    await bring_in(network, tails, rows[start : start + 5])
                    break
                except ConcurrentUpdate:
                    continue

    async def talk_on(tails: Tails) -> None:
        for _ in range(20):
            await send(network, tails, conversation_id=talk.id, draft=a_draft(BEN))

    one, other = Tails(), Tails()
    await asyncio.gather(all_of(one), all_of(other), talk_on(one))
    messages = network.messages.of(talk.id)
    assert [message.sequence for message in messages] == list(range(1, 51))
    brought = [message.text for message in messages if message.imported]
    assert brought == [row.draft.text for row in rows]
    for before, after in pairwise(messages):
        assert after.turn_at in (before.turn_at, after.created_at)


async def test_rows_that_somebody_else_interrupts_are_still_counted_as_new() -> None:
    network = a_network(ADA, BEN)
    tails, rows = Tails(), [a_row(n) for n in range(1, 4)]
    talk = rows[0].conversation
    await bring_in(network, tails, rows[:1])
    await send(network, Tails(), conversation_id=talk.id, draft=a_draft(BEN))
    assert await bring_in(network, tails, rows) == Imported(2, 1)  # its tail was stale
    assert [one.sequence for one in network.messages.of(talk.id)] == [1, 2, 3, 4]


async def test_without_room_nothing_is_stored_and_nobody_waits_behind_the_import() -> None:
    network, tails = a_network(ADA, BEN), Tails()
    network.messages.full = True
    with pytest.raises(Unavailable):
        await bring_in(network, tails, [a_row(1)])
    assert not network.messages.all
    assert await bring_in(network, tails, []) == Imported(0, 0)


async def test_a_batch_that_is_begun_is_finished_when_its_sender_goes_away() -> None:
    network, tails = a_network(ADA, BEN), Tails()
    rows = [a_row(n) for n in range(1, 4)]
    gone = asyncio.create_task(bring_in(network, tails, rows))
    while not network.conversations.all:  # opened, and nothing stored yet
        await others_first()
    assert not network.messages.all
    gone.cancel()
    await asyncio.wait([gone])
    assert gone.cancelled()
    assert await bring_in(network, tails, [a_row(4)]) == Imported(1, 0)
    assert [one.text for one in network.messages.all] == [f"row {n}" for n in range(1, 5)]
