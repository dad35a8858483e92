"""What devices are told, whatever lines lose, double, bring too early or too late."""

from __future__ import annotations

import asyncio
import random
from uuid import UUID

import pytest
from common.errors import Forbidden, Unavailable
from common.testing.poll import until
from gateway.application.catching_up import MOST_AT_ONCE, MOST_OF_ONE
from gateway.application.devices import DEVICES_PER_MEMBER, Device, Over, TooManyDevices
from gateway.application.news import News
from gateway.application.watching import slot_of
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.tests.looking_on import (
    EVERYTHING,
    READY,
    FakeLine,
    FakeSink,
    World,
    caller,
    frame,
    sink,
)
from services.gateway.tests.tokens import ADA, BEN, NETWORK

ELSEWHERE = UUID(int=5)


async def test_each_device_of_a_member_is_told_and_nobody_else() -> None:
    world = World()
    phone, laptop, other = await world.on(), await world.on(), await world.on(BEN)
    world.watches.told(world.talks.news(1))
    assert sink(phone).told == sink(laptop).told == ["c1"]
    assert sink(other).told == []
    assert set(world.line.numbers) == {1, 2}


async def test_the_same_id_in_another_network_is_somebody_else() -> None:
    world = World()
    await world.on()
    other = world.watches.open(caller(network=ELSEWHERE), FakeSink())
    assert world.watches.present(ELSEWHERE, [BEN, ADA, ADA]) == [ADA]
    world.watches.close(other)
    assert world.watches.present(ELSEWHERE, [ADA]) == []
    assert world.watches.present(NETWORK, [ADA]) == [ADA]


async def test_a_device_is_ready_when_its_subscription_works_and_told_what_came_meanwhile() -> None:
    world = World()
    device = world.watches.open(caller(), FakeSink())
    beginning = asyncio.create_task(world.watches.begin(device, READY))
    world.watches.told(world.talks.news(1))
    world.watches.told(world.talks.news(1))
    await asyncio.sleep(0)
    assert not beginning.done()
    world.watches.began(world.line, 1, [("c", 1)])  # it was looked before the second was stored
    await beginning
    world.watches.told(world.talks.news(1))
    assert sink(device).told == ["c3"]  # ready came after both


async def test_what_comes_twice_is_told_once_and_before_what_comes_early_comes_the_rest() -> None:
    world = World()
    device = await world.on()
    first, second, third = (world.talks.news(1) for _ in range(3))
    for news in (first, first, third, second, third):
        world.watches.told(news)
    await world.rests()
    world.watches.told(world.talks.news(1))
    assert sink(device).told == ["c1", "c2", "c3", "c4"]
    assert world.talks.asked == [("until 1", "c", 1, 100)]


async def test_what_was_lost_with_a_line_is_told_once_the_member_is_subscribed_anew() -> None:
    world = World()
    device = await world.on()
    world.watches.told(world.talks.news(1))
    world.watches.lost(world.line)
    world.talks.news(1)
    world.talks.news(1, talk="new")
    anew = FakeLine()
    world.watches.owned(anew, EVERYTHING)
    assert anew.numbers == {1: "until 1"}
    world.watches.began(world.line, 1, [("c", 9)])  # what an old line still says counts for nothing
    world.watches.began(anew, 1, list(world.talks.ends.items()))
    await world.rests()
    assert sink(device).told == ["c1", "unsure", "c2", "new1"]


async def test_what_has_no_place_may_be_lost_with_a_line_and_only_then() -> None:
    """Whoever reads too slowly to be told so is told once she reads again."""
    world = World()
    quick, slow = await world.on(), await world.on()
    world.begin()  # a token was renewed: nothing was lost
    assert sink(quick).told == []
    slow.slow = True
    for _ in range(2):
        world.watches.lost(world.line)
        world.line = FakeLine()
        world.watches.owned(world.line, EVERYTHING)
        world.begin()
    assert (sink(quick).told, sink(slow).told) == (["unsure", "unsure"], [])
    world.watches.quick(slow)
    world.watches.quick(slow)
    assert sink(slow).told == ["unsure"]


async def test_it_may_be_lost_while_messaging_could_not_subscribe_her() -> None:
    world = World()
    device = await world.on()
    world.line.numbers.clear()
    world.watches.refused(world.line, 1, "UNAVAILABLE")

    async def again() -> bool:
        return bool(world.line.numbers)

    await until(again)
    assert sink(device).told == []
    world.begin()
    assert sink(device).told == ["unsure"]


async def test_it_may_be_lost_where_a_slot_moves() -> None:
    world = World()
    device = await world.on()
    world.line, before = FakeLine(), world.line
    world.watches.owned(world.line, EVERYTHING)
    assert before.numbers == {}
    world.begin()
    assert sink(device).told == ["unsure"]


async def test_a_member_is_subscribed_where_her_slot_is() -> None:
    world = World()
    device = await world.on()
    other = FakeLine()
    world.watches.owned(other, 1 << slot_of(ADA))
    assert (world.line.numbers, other.numbers) == ({}, {1: "until 1"})
    world.watches.owned(other, 0)  # nobody has it
    world.watches.told(world.talks.news(1))  # and still it is said where she was subscribed
    world.watches.owned(world.line, EVERYTHING)
    assert (world.line.numbers, other.numbers) == ({1: "until 1"}, {})
    assert sink(device).told == ["c1"]


async def test_a_device_that_comes_back_is_told_what_it_missed_and_what_it_does_not_know() -> None:
    world = World()
    for talk, count in (("c", 5), ("d", 3), ("e", 2)):
        for _ in range(count):
            world.talks.news(talk=talk)
    device = await world.on(resume={"c": 3, "d": 3, "e": 7})
    other = await world.on(resume={"c": 4, "d": 3})
    fresh = await world.on()
    world.watches.told(world.talks.news(1))
    await world.rests()
    assert sink(device).told == ["c4", "c5", "c6"]
    assert sink(other).told == ["c5", "c6", "e1", "e2"]
    assert sink(fresh).told == ["c6"]


async def test_nothing_new_overtakes_what_is_being_caught_up_with() -> None:
    world = World()
    gate = asyncio.Event()
    fetch = world.talks.fetch

    async def slow(*asked: object) -> object:
        await gate.wait()
        return await fetch(*asked)  # type: ignore[arg-type]

    world.watches._catching_up._fetch = slow  # type: ignore[assignment]
    for _ in range(2):
        world.talks.news()
    device = await world.on(resume={})
    world.watches.told(world.talks.news(1))
    await asyncio.sleep(0)
    assert sink(device).told == []
    gate.set()
    await world.rests()
    assert sink(device).told == ["c1", "c2", "c3"]


async def test_who_missed_very_much_is_told_to_ask() -> None:
    world = World()
    world.talks.ends = {f"t{n:02}.": MOST_OF_ONE + 1 for n in range(7)}
    device = await world.on(resume={})
    await world.rests()
    told = sink(device).told
    assert len([one for one in told if "behind" not in one]) == MOST_AT_ONCE
    assert [one for one in told if "behind" in one] == [
        f"behind t{n:02}.{MOST_OF_ONE + 1}" for n in range(7)
    ]
    world.watches.told(world.talks.news(1, talk="t00."))
    assert sink(device).told[-1] == f"t00.{MOST_OF_ONE + 2}"


async def test_a_slow_device_is_told_where_to_ask_when_it_reads_again() -> None:
    world = World()
    slow, quick = await world.on(), await world.on()
    slow.slow = True
    world.watches.told(world.talks.news(1))
    world.watches.told(world.talks.news(1))
    world.watches.told(News((1,), "d", b"changed", changed=True))
    world.watches.told(News((1,), "c", b"typing"))
    assert sink(slow).told == []
    assert sink(quick).told == ["c1", "c2", "changed", "typing"]
    world.watches.quick(slow)
    assert sorted(sink(slow).told) == ["behind c2", "behind d0"]
    world.watches.told(world.talks.news(1))
    assert sink(slow).told[-1] == "c3"


async def test_who_is_slow_for_a_moment_while_she_catches_up_is_told_each_once() -> None:
    world = World()
    world.talks.ends = {"c": 3}
    world.talks.failures = [Unavailable("away")]
    device = await world.on(resume={})
    device.slow = True
    world.watches.told(world.talks.news(1))  # the next
    world.talks.news(1)
    world.watches.told(world.talks.news(1))  # and one too early
    world.watches.quick(device)
    await world.rests()
    assert sink(device).told == [f"c{number}" for number in range(1, 7)]


async def test_messaging_may_be_away_and_what_she_may_not_see_is_not_asked_for_again() -> None:
    world = World()
    world.talks.ends = {"c": 2, "d": 1}
    world.talks.failures = [Unavailable("away"), Forbidden("not hers")]
    device = await world.on(resume={})
    await world.rests()
    assert sink(device).told == ["behind c2", "d1"]


async def test_a_refusal_that_passes_is_tried_again_and_one_that_stays_ends_the_devices() -> None:
    world = World()
    ada, ben = (world.watches.open(caller(who), FakeSink()) for who in (ADA, BEN))
    cat = world.watches.open(caller(ELSEWHERE), FakeSink())
    world.line.numbers.clear()
    world.watches.refused(world.line, 1, "UNAVAILABLE")
    world.watches.refused(world.line, 2, "UNAUTHENTICATED")
    world.watches.refused(world.line, 3, "FORBIDDEN")
    assert (sink(ben).over, sink(cat).over) == (Over.SIGNED_OUT, Over.REFUSED)

    async def again() -> bool:
        return world.line.numbers == {1: "until 1"}

    await until(again)
    assert sink(ada).over is None


async def test_the_newest_token_is_the_one_that_is_shown() -> None:
    world = World()
    device = await world.on()
    world.watches.refresh(device, caller(until=9.0))
    assert world.line.numbers == {1: "until 9"}
    world.watches.typing(device, "c")
    assert world.line.said == [(1, "c")]


async def test_who_has_closed_her_last_device_is_not_subscribed_any_more() -> None:
    world = World()
    first, second = await world.on(), await world.on()
    world.watches.close(first)
    assert world.line.numbers == {1: "until 1"}
    world.watches.close(second)
    assert world.line.numbers == {}
    assert len(world.watches) == 0
    world.watches.told(world.talks.news(1))
    world.watches.began(world.line, 1, [])
    world.watches.refused(world.line, 1, "UNAVAILABLE")


async def test_a_member_may_have_only_so_many_devices() -> None:
    world = World()
    for _ in range(DEVICES_PER_MEMBER):
        world.watches.open(caller(), FakeSink())
    with pytest.raises(TooManyDevices):
        world.watches.open(caller(), FakeSink())
    world.watches.open(caller(BEN), FakeSink())


async def test_only_devices_that_were_signed_out_are_let_go() -> None:
    world = World()
    old = world.watches.open(caller(until=1.0), FakeSink())
    new = world.watches.open(caller(until=2.0), FakeSink())
    world.watches.end(NETWORK, ADA, lambda one: one.expires_at == 1.0)
    world.watches.end(NETWORK, BEN, lambda one: True)
    assert (sink(old).over, sink(new).over) == (Over.SIGNED_OUT, None)
    world.watches.end_all()
    assert sink(new).over is Over.LEAVING


def test_slots_are_as_messaging_reckons_them() -> None:
    ids = [UUID(f"01900000-0000-7000-8000-0000000000{end}") for end in ("0a", "0b", "0c")]
    assert [slot_of(id) for id in ids] == [108, 250, 89]


class Trouble:
    """One thing after the other goes wrong, by chance."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.world = World()
        self.waiting: list[News] = []
        self.devices: list[tuple[Device, dict[str, int]]] = []

    async def one_thing(self) -> None:
        """Messages are sent, told early, late, twice or never; lines break; devices come."""
        things = [self.send, self.send, self.send, self.tell, self.tell, self.lose, self.breaks]
        await self.chance.choice([*things, self.join])()
        if self.chance.random() < 0.3:
            await asyncio.sleep(0)

    async def send(self) -> None:
        self.waiting.append(self.world.talks.news(1, talk=self.chance.choice("cd")))

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

    async def join(self) -> None:
        ends = self.world.talks.ends
        known = {talk: self.chance.randint(0, end) for talk, end in ends.items()}
        new = self.chance.random() < 0.5
        device = await self.world.on(resume=None if new else known)
        self.devices.append((device, dict(ends) if new else known))


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.integers(5, 60))
def test_whatever_lines_do_each_device_is_told_everything_once_and_in_order(
    seed: int, steps: int
) -> None:
    async def play() -> None:
        trouble = Trouble(seed)
        for _ in range(steps):
            await trouble.one_thing()
        await trouble.breaks(mended=True)
        await trouble.world.rests()
        for device, known in trouble.devices:
            for talk, end in trouble.world.talks.ends.items():
                told = [one for one in sink(device).told if one.startswith(talk)]
                every = [frame(talk, n).decode() for n in range(1, end + 1)]
                assert told == every[len(every) - len(told) :]  # in order, each once, to the end
                assert len(told) >= end - known.get(talk, 0)

    asyncio.run(play())
