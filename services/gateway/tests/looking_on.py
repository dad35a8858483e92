"""Devices and lines in memory, and messages to be asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from common.auth import Caller
from common.errors import NotFound
from common.testing.poll import until
from gateway.application.catching_up import CatchingUp
from gateway.application.devices import Device, Over
from gateway.application.news import News
from gateway.application.watching import SLOTS, Line, Watches

from services.gateway.tests.tokens import ADA, NETWORK

READY = b"ready"
CHANGES = b"unsure"
EVERYTHING = (1 << SLOTS) - 1


def caller(member: UUID = ADA, *, until: float = 1.0, network: UUID = NETWORK) -> Caller:
    return Caller(member, network, frozenset(), f"until {until:g}", until)


class FakeSink:
    """Implements devices.Sink: what was sent, and why it ended."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.gathered = 0
        self.over: Over | None = None

    def write(self, frame: bytes) -> None:
        self.frames.append(frame)

    def gather(self, frame: bytes) -> None:
        self.gathered += 1
        self.frames.append(frame)

    def end(self, why: Over) -> None:
        self.over = self.over or why

    @property
    def told(self) -> list[str]:
        """What it was told since it was ready."""
        return [frame.decode() for frame in self.frames[self.frames.index(READY) + 1 :]]


class FakeLine(Line):
    """Remembers what was said."""

    def __init__(self) -> None:
        self.numbers: dict[int, str] = {}
        self.said: list[tuple[int, str]] = []

    def subscribe(self, number: int, token: str) -> None:
        self.numbers[number] = token

    def unsubscribe(self, number: int) -> None:
        self.numbers.pop(number, None)

    def typing(self, number: int, conversation_id: str) -> None:
        self.said.append((number, conversation_id))


class FakeTalks:
    """Messages of conversations, as they are asked for; `failures` come first. A conversation is
    hers from `firsts` on, and not at all if it is among the `closed`."""

    def __init__(self) -> None:
        self.ends: dict[str, int] = {}
        self.firsts: dict[str, int] = {}
        self.closed: set[str] = set()
        self.failures: list[Exception] = []
        self.asked: list[tuple[str, str, int, int]] = []

    async def fetch(
        self, token: str, conversation_id: str, place: int, size: int
    ) -> Sequence[tuple[int, bytes]]:
        self.asked.append((token, conversation_id, place, size))
        if self.failures:
            raise self.failures.pop(0)
        if conversation_id in self.closed:
            raise NotFound("no such conversation")
        place = max(place, self.firsts.get(conversation_id, 1) - 1)
        last = min(self.ends.get(conversation_id, 0), place + size)
        return [(n, frame(conversation_id, n)) for n in range(place + 1, last + 1)]

    def hers(self) -> list[tuple[str, int]]:
        """Where the conversations end that are hers."""
        return [(id, end) for id, end in self.ends.items() if id not in self.closed]

    def news(self, *numbers: int, talk: str = "c") -> News:
        """One more message."""
        self.ends[talk] = sequence = self.ends.get(talk, 0) + 1
        return News(numbers, talk, frame(talk, sequence), sequence)


def frame(talk: str, sequence: int) -> bytes:
    return f"{talk}{sequence}".encode()


def behind(talk: str, sequence: int) -> bytes:
    return f"behind {talk}{sequence}".encode()


def anew(talk: str) -> bytes:
    return f"anew {talk}".encode()


def watches(talks: FakeTalks | None = None, now: Callable[[], float] = lambda: 0.0) -> Watches:
    return Watches(CatchingUp((talks or FakeTalks()).fetch, behind, anew, CHANGES), now)


async def on(watches: Watches, who: Caller, resume: dict[str, int] | None = None) -> Device:
    """A device that is ready, where the subscription has begun."""
    device = watches.open(who, FakeSink())
    await watches.begin(device, READY, resume)
    return device


def sink(device: Device) -> FakeSink:
    assert isinstance(device.sink, FakeSink)
    return device.sink


class World:
    """One instance that has all slots, and talks to be told of; it is `now`, in seconds."""

    def __init__(self) -> None:
        self.now = 0.0
        self.talks = FakeTalks()
        self.watches = watches(self.talks, lambda: self.now)
        self.line = FakeLine()
        self.watches.owned(self.line, EVERYTHING)

    def begin(self) -> None:
        """All that was subscribed works."""
        for number in list(self.line.numbers):
            self.watches.began(self.line, number, self.talks.hers())

    async def on(self, member: UUID = ADA, resume: dict[str, int] | None = None) -> Device:
        device = self.watches.open(caller(member), FakeSink())
        self.begin()
        await self.watches.begin(device, READY, resume)
        return device

    async def rests(self) -> None:
        async def done() -> bool:
            each = self.watches._by_member.values()
            return not any(device.work for watch in each for device in watch.opened)

        await until(done)
