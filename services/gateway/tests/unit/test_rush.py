"""Frames gather while very many devices are told, by one piece of news or many; and only then."""

from __future__ import annotations

from uuid import UUID

import pytest
from gateway.application.devices import Device
from gateway.application.news import News
from gateway.application.rush import CROWD, WINDOW_SECONDS

from services.gateway.tests.looking_on import World, frame, sink
from services.gateway.tests.tokens import ADA, BEN

FEW = 4
A_WHILE = 2 * WINDOW_SECONDS


async def many(world: World, count: int) -> list[Device]:
    """So many members' devices; the first has number 1."""
    return [await world.on(UUID(int=ADA.int + number)) for number in range(count)]


def in_parts(world: World, count: int, size: int = FEW) -> list[News]:
    """One more message for the first `count`, told in pieces as by slots."""
    numbers, talk = range(1, count + 1), "c"
    sequence = world.talks.news(talk=talk).sequence
    return [
        News(numbers[start : start + size], talk, frame(talk, sequence), sequence)
        for start in range(0, count, size)
    ]


def gathered(devices: list[Device]) -> list[int]:
    return [sink(device).gathered for device in devices]


async def test_a_crowd_told_by_one_piece_gathers_from_its_first_device_on() -> None:
    world = World()
    devices = await many(world, CROWD)
    world.watches.told(world.talks.news(*range(1, CROWD)))
    assert gathered(devices) == [0] * CROWD
    world.now += A_WHILE
    world.watches.told(world.talks.news(*range(1, CROWD + 1), talk="all"))
    assert gathered(devices) == [1] * CROWD
    assert sink(devices[0]).told == ["c1", "all1"]


async def test_a_crowd_told_piece_by_piece_gathers_all_but_its_first() -> None:
    world = World()
    devices = await many(world, 2 * CROWD)
    for news in in_parts(world, 2 * CROWD):
        world.watches.told(news)
    assert gathered(devices) == [0] * (CROWD - FEW) + [1] * (CROWD + FEW)
    for news in in_parts(world, 2 * CROWD):  # it goes on
        world.watches.told(news)
    assert gathered(devices) == [1] * (CROWD - FEW) + [2] * (CROWD + FEW)
    assert all(sink(device).told == ["c1", "c2"] for device in devices)


async def test_what_is_told_twice_makes_no_crowd() -> None:
    """One instance tells at once, and the events of all tell it again."""
    world = World()
    count = CROWD // 4
    devices = await many(world, count)
    for news in [*in_parts(world, count)] * 5 + in_parts(world, count):
        world.watches.told(news)
    assert gathered(devices) == [0] * count
    assert all(sink(device).told == ["c1", "c2"] for device in devices)


async def test_soon_after_a_crowd_a_pair_waits_for_nothing() -> None:
    world = World()
    devices = await many(world, 5 * CROWD)
    for _ in range(3):
        world.watches.told(world.talks.news(*range(1, 5 * CROWD + 1)))
    world.watches.told(world.talks.news(1, 2, talk="pair"))
    assert gathered(devices[:3]) == [4, 4, 3]
    world.now += A_WHILE
    world.watches.told(world.talks.news(1, 2, talk="pair"))
    assert gathered(devices[:3]) == [4, 4, 3]


@pytest.mark.parametrize("per_second", [600, 6_000])
async def test_many_pairs_that_talk_at_once_wait_for_nothing(per_second: int) -> None:
    world = World()
    pair = [await world.on(ADA), await world.on(BEN)]
    for number in range(1_000):
        world.watches.told(world.talks.news(1, 2, talk=f"{number}"))
        world.now += 1 / per_second
    assert gathered(pair) == [0, 0]
    assert [len(sink(device).told) for device in pair] == [1_000, 1_000]
