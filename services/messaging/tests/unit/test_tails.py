"""Tails: one sender at a time, no waiting in circles, nothing believed after a failure."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from common.ids import new_id
from messaging.application.tails import Slot, Tails
from messaging.domain.message import Tail

from services.messaging.tests.builders import ADA, NOW
from services.messaging.tests.fakes import Crash, others_first

TAIL = Tail(1, ADA, NOW)


async def remembered(tails: Tails, *ids: UUID) -> list[bool]:
    """Whether the tails of these conversations are known."""
    found = []
    for id in ids:
        async with tails.hold(id) as slot:
            found.append(slot.known)
    return found


async def test_one_conversation_is_held_by_one_and_remembered_for_the_next() -> None:
    tails, id, inside = Tails(), new_id(), 0

    async def enter() -> bool:
        nonlocal inside
        async with tails.hold(id) as slot:
            inside += 1
            await others_first()
            assert inside == 1
            inside -= 1
            known = slot.known
            slot.remember(TAIL)
            return known

    assert sorted(await asyncio.gather(*(enter() for _ in range(5)))) == [False] + [True] * 4


async def test_an_empty_conversation_is_known_to_be_empty() -> None:
    slot = Slot()
    slot.remember(None)
    assert (slot.known, slot.tail) == (True, None)


async def test_a_failure_makes_the_tail_unknown() -> None:
    tails, id = Tails(), new_id()

    async def fail() -> None:
        async with tails.hold(id) as slot:
            slot.remember(TAIL)
            raise Crash

    with pytest.raises(Crash):
        await fail()
    assert await remembered(tails, id) == [False]


async def test_a_cancelled_holder_makes_the_tail_unknown_and_lets_go() -> None:
    tails, id, holding = Tails(), new_id(), asyncio.Event()

    async def hold() -> None:
        async with tails.hold(id) as slot:
            slot.remember(TAIL)
            holding.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hold())
    await holding.wait()
    waiting = asyncio.create_task(remembered(tails, id))
    task.cancel()
    assert await waiting == [False]


async def test_a_failure_makes_all_tails_held_unknown_and_no_other() -> None:
    tails, ids, other = Tails(), [new_id() for _ in range(3)], new_id()
    async with tails.hold(other) as slot:
        slot.remember(TAIL)

    async def fail() -> None:
        async with tails.hold_all(ids) as slots:
            for one in slots.values():
                one.remember(TAIL)
            raise Crash

    with pytest.raises(Crash):
        await fail()
    assert await remembered(tails, *ids, other) == [False, False, False, True]


async def test_many_who_hold_many_in_different_orders_all_get_through() -> None:
    tails, ids = Tails(), [new_id() for _ in range(6)]
    done = 0

    async def hold(order: list[UUID]) -> None:
        nonlocal done
        async with tails.hold_all([*order, order[0]]) as slots:
            assert slots.keys() == set(order)
            await others_first()
            done += 1

    async def hold_one(id: UUID) -> None:
        async with tails.hold(id):
            await others_first()

    orders = [ids[turn:] + ids[:turn] for turn in range(6)]
    orders += [list(reversed(order)) for order in orders]
    await asyncio.gather(*(hold(order) for order in orders), *(hold_one(id) for id in ids))
    assert done == len(orders)


async def test_beyond_the_limit_the_longest_unused_is_dropped_but_none_that_is_held() -> None:
    tails, (first, second, third) = Tails(most=2), (new_id() for _ in range(3))
    for id in (first, second, first):
        async with tails.hold(id) as slot:
            slot.remember(TAIL)
    async with tails.hold(third) as slot:
        slot.remember(TAIL)
    assert await remembered(tails, first, third) == [True, True]
    async with tails.hold(first) as held, tails.hold(second), tails.hold(new_id()):
        assert held.known
    assert await remembered(tails, first) == [True]


async def test_no_more_are_remembered_than_allowed_also_when_the_oldest_is_held() -> None:
    tails, oldest = Tails(most=3), new_id()
    async with tails.hold(oldest) as held:
        held.remember(TAIL)
        for _ in range(20):
            async with tails.hold(new_id()) as slot:
                slot.remember(TAIL)
        assert len(tails) == 3
    assert await remembered(tails, oldest) == [True]
