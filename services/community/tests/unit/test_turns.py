"""Turns: one at a time for an id, and nothing kept for ids nobody waits for."""

from __future__ import annotations

import asyncio
import gc

from common.ids import new_id
from community.application.turns import Turns


async def test_who_comes_second_waits_for_the_first_and_others_do_not() -> None:
    turns, id, order = Turns(), new_id(), list[str]()
    held = asyncio.Event()

    async def second() -> None:
        held.set()
        async with turns.of(id):
            order.append("second")

    async with turns.of(id):
        waiting = asyncio.create_task(second())
        await held.wait()
        async with turns.of(new_id()):
            order.append("other")
        order.append("first")
    await waiting
    assert order == ["other", "first", "second"]


async def test_a_lock_nobody_holds_is_forgotten() -> None:
    turns, id = Turns(), new_id()
    async with turns.of(id):
        pass
    gc.collect()
    assert not turns._locks
