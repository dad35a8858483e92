"""What devices are told of groups, whose members come, go, and come back."""

from __future__ import annotations

import asyncio
import random
from uuid import UUID

from common.errors import NotFound, Unavailable
from gateway.application.devices import Device
from gateway.application.news import News
from gateway.application.watching import MOST_ENDS
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.tests.looking_on import EVERYTHING, FakeLine, World, caller, on, sink
from services.gateway.tests.tokens import ADA, BEN


def many(world: World, count: int) -> None:
    """So much is said in the group, and she is told nothing of it."""
    for _ in range(count):
        world.talks.news()


def comes(world: World) -> News:
    """The notice that she is in the group now: the first that is hers."""
    world.talks.closed.discard("c")
    notice = world.talks.news(1)
    world.talks.firsts["c"] = notice.sequence
    return notice


async def test_who_comes_into_a_group_is_told_from_then_on_and_nothing_from_before() -> None:
    world = World()
    world.talks.closed.add("c")
    many(world, 11)
    device, other = await world.on(), await world.on(resume={})
    world.watches.told(comes(world))
    world.watches.told(world.talks.news(1))
    await world.rests()
    world.watches.told(world.talks.news(1))
    new = await world.on(resume={})
    await world.rests()
    for each in (device, other, new):
        assert sink(each).told == ["c12", "c13", "c14"]
    assert len(world.talks.asked) == 3  # once for each device


async def test_who_comes_back_is_told_from_then_on_and_nothing_of_while_she_was_gone() -> None:
    world = World()
    device = await world.on()
    for _ in range(3):
        world.watches.told(world.talks.news(1))
    world.talks.closed.add("c")
    many(world, 5)
    world.watches.told(comes(world))
    await world.rests()
    world.watches.told(world.talks.news(1))
    assert sink(device).told == ["c1", "c2", "c3", "c9", "c10"]


async def test_who_is_back_before_her_gateway_hears_of_it_is_not_asked_for_without_end() -> None:
    world = World()
    await world.on()
    for _ in range(5):
        world.watches.told(world.talks.news(1))
    many(world, 3)
    notice = comes(world)
    device = await on(world.watches, caller(), {"c": 2})  # while nothing is subscribed anew
    await world.rests()
    assert sink(device).told == []
    assert len(world.talks.asked) == 1
    world.watches.told(notice)
    await world.rests()
    assert sink(device).told == ["c9"]


async def test_who_has_gone_is_told_to_look_again_and_nothing_more_is_tried() -> None:
    world = World()
    device, other = await world.on(), await world.on()
    world.watches.told(world.talks.news(1))
    world.talks.closed.add("c")
    many(world, 2)
    world.watches.told(world.talks.news(1))  # on its way when she was taken out
    late = await on(world.watches, caller(), {"c": 0})
    await world.rests()
    assert sink(device).told == sink(other).told == ["c1", "anew c"]
    assert sink(late).told == ["anew c"]
    assert not device.catching | other.catching | late.catching
    world.talks.ends["d"] = 0
    world.watches.told(world.talks.news(1, talk="d"))
    assert sink(device).told[-1] == sink(late).told[-1] == "d1"


async def test_who_comes_back_while_she_is_found_to_be_gone_is_told_of_it() -> None:
    world = World()
    device = await world.on()
    world.watches.told(world.talks.news(1))
    world.talks.failures = [Unavailable("away"), NotFound("not hers")]
    many(world, 4)
    world.watches.told(world.talks.news(1))  # and she is asked for what lies before
    await asyncio.sleep(0)
    world.watches.told(comes(world))
    await world.rests()
    assert sink(device).told == ["c1", "c7"]


def told(device: Device) -> list[str]:
    """What a device was told, but that something may have been missed."""
    return [one for one in sink(device).told if one != "unsure"]


async def test_what_said_that_she_is_gone_may_be_lost_with_a_line() -> None:
    world = World()
    device = await world.on()
    world.talks.ends["d"] = 0
    for talk in "cd":
        world.watches.told(world.talks.news(1, talk=talk))
    world.talks.closed.add("c")
    for _ in range(2):
        world.watches.owned(FakeLine(), EVERYTHING)  # as when a line breaks
        line = world.watches._owners[0]
        assert line
        world.watches.began(line, 1, world.talks.hers())
    assert told(device) == ["c1", "d1", "anew c"]  # once
    many(world, 2)
    world.watches.told(comes(world))
    await world.rests()
    assert told(device)[3:] == ["c4"]


async def test_of_very_many_conversations_not_all_are_named_and_none_counts_as_gone() -> None:
    world = World()
    device = await world.on()
    world.watches.told(world.talks.news(1))
    newest = [(f"t{number}", 0) for number in range(MOST_ENDS)]
    world.watches.began(world.line, 1, newest)
    assert sink(device).told == ["c1"]


async def test_a_slow_device_is_told_to_look_again_when_it_reads_again() -> None:
    world = World()
    device = await world.on()
    device.slow = True
    world.watches.told(News((1,), "c", b"asked", anew=True))
    assert sink(device).told == []
    world.watches.quick(device)
    world.watches.quick(device)
    assert sink(device).told == ["anew c"]


async def test_a_message_is_one_frame_for_all_devices_of_all_members() -> None:
    world = World()
    members = [UUID(int=number) for number in range(1, 251)]
    devices = [await world.on(member) for member in members for _ in range(2)]
    news = world.talks.news(*range(1, 251))
    world.watches.told(news)
    for device in devices:
        assert sink(device).frames[-1] is news.frame
    assert world.talks.asked == []


class Trouble:
    """She comes and goes, and what is told is told early, late, twice or never."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.world = World()
        self.world.talks.closed.add("c")
        self.waiting: list[News] = []
        self.hers: set[int] = set()

    @property
    def here(self) -> bool:
        return "c" not in self.world.talks.closed

    async def one_thing(self) -> None:
        things = [self.say, self.say, self.say, self.tell, self.tell, self.lose, self.breaks]
        await self.chance.choice([*things, self.turns])()
        for _ in range(self.chance.randint(0, 3)):
            await asyncio.sleep(0)

    async def say(self) -> None:
        news = self.world.talks.news(1)
        if self.here:
            self.hers.add(news.sequence)
            self.waiting.append(news)

    async def turns(self) -> None:
        if self.here:
            self.world.talks.closed.add("c")
            return
        notice = comes(self.world)
        self.hers.add(notice.sequence)
        self.waiting.append(notice)

    async def tell(self) -> None:
        if self.waiting:
            self.world.watches.told(self.chance.choice(self.waiting))

    async def lose(self) -> None:
        if self.waiting:
            self.waiting.pop(self.chance.randrange(len(self.waiting)))

    async def breaks(self, *, mended: bool = False) -> None:
        old, self.world.line = self.world.line, FakeLine()
        self.world.watches.lost(old)
        self.world.watches.owned(self.world.line, EVERYTHING)
        if mended or self.chance.random() < 0.7:
            self.world.begin()


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.integers(5, 80))
def test_whoever_comes_and_goes_is_told_what_is_hers_once_in_order_and_to_the_end(
    seed: int, steps: int
) -> None:
    async def play() -> None:
        trouble = Trouble(seed)
        talks = trouble.world.talks
        device = await trouble.world.on()
        for _ in range(steps):
            await trouble.one_thing()
        await trouble.breaks(mended=True)
        await trouble.world.rests()
        told = [int(one[1:]) for one in sink(device).told if one.startswith("c")]
        assert told == sorted(set(told))
        assert set(told) <= trouble.hers
        if trouble.here:
            assert told[-1:] == [talks.ends["c"]]
            first = talks.firsts["c"]
            assert [one for one in told if one >= first] == list(range(first, talks.ends["c"] + 1))

    asyncio.run(play())


async def test_typing_in_a_group_is_said_once_whoever_it_is_for() -> None:
    world = World()
    device = await world.on(ADA)
    other = await world.on(BEN)
    world.watches.typing(device, "c")
    assert world.line.said == [(1, "c")]
    world.watches.told(News((1, 2, 9), "c", b"typing"))  # of whom one has gone meanwhile
    assert sink(device).told == sink(other).told == ["typing"]
