"""Who looks on at this instance, and telling them what is new (ADR 33).

A line is one gateway's stream, a subscription a member who looks on through it. What is new is
offered by whoever stored it here and by the consumer of `messaging.delivery.v1`; twice or late is
no harm: gateways know how far each device is, and ask for what lies between.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from messaging.domain.message import Message
from messaging.domain.slots import slot_of

LINE_LENGTH = 20_000
REMEMBERED = 10_000
CLOCKS_DIFFER_SECONDS = 60.0
Who = tuple[UUID, UUID]
"""Network and member."""


class Kind(Enum):
    """What is new."""

    ARRIVED = "arrived"
    CHANGED = "changed"
    RECEIPT = "receipt"
    TYPING = "typing"
    CONVERSATION = "conversation"


@dataclass(frozen=True, slots=True)
class News:
    """Something new in a conversation, for some of its members."""

    network_id: UUID
    conversation_id: UUID
    member_ids: tuple[UUID, ...]
    kind: Kind
    message: Message | None = None
    by: UUID | None = None
    delivered: int = 0
    read: int = 0


@dataclass(frozen=True, slots=True)
class Began:
    """A subscription works; `ends` are conversations and where they end."""

    number: int
    ends: Collection[tuple[UUID, int]]


@dataclass(frozen=True, slots=True)
class NotBegun:
    """A subscription that is not, and why."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """News for subscriptions of a line."""

    numbers: tuple[int, ...]
    news: News


@dataclass(frozen=True, slots=True)
class Owned:
    """The slots this instance has."""

    slots: frozenset[int]


Said = Began | NotBegun | Told | Owned


class Line:
    """What waits to be said to one gateway, until it is `over`."""

    def __init__(self, most: int = LINE_LENGTH) -> None:
        self._most = most
        self._waiting: list[Said] = []
        self._wake = asyncio.Event()
        self.over = False
        self.numbers: dict[int, Who] = {}
        self.until: dict[int, float] = {}  # when the token of each ends
        self.wanted: set[int] = set()  # what its gateway asked for, whether or not it works yet

    def say(self, said: Said) -> None:
        """Queue something; a gateway that reads too slowly is let go, and begins anew."""
        if len(self._waiting) >= self._most:
            self.end()
        if not self.over:
            self._waiting.append(said)
            self._wake.set()

    def end(self) -> None:
        """Say nothing more."""
        self.over = True
        self._wake.set()

    async def next(self) -> list[Said]:
        """What has gathered, at least one; nothing once it is over."""
        while not self._waiting and not self.over:
            self._wake.clear()
            await self._wake.wait()
        said, self._waiting = self._waiting, []
        return [] if self.over else said


class Hub:
    """The lines of this instance, and who is subscribed on them."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        """`now` tells seconds since 1970, as tokens do."""
        self._now = now
        self._lines: set[Line] = set()
        self._by_member: dict[Who, dict[Line, int]] = {}
        self._slots: frozenset[int] = frozenset()
        self._left = False
        self._lately: OrderedDict[tuple[UUID, int], None] = OrderedDict()

    def open(self) -> Line:
        """A new line, to be closed."""
        line = Line()
        if self._left:
            line.end()
        self._lines.add(line)
        line.say(Owned(self._slots))
        return line

    def close(self, line: Line) -> None:
        """Forget a line and its subscriptions."""
        line.end()
        for number in list(line.numbers):
            self.unsubscribe(line, number)
        self._lines.discard(line)

    def subscribe(self, line: Line, number: int, who: Who, until: float = float("inf")) -> None:
        """From now on, and until her token ends, `who` is told through this line. The number may
        have been hers already."""
        if line.over:
            return
        self.unsubscribe(line, number)
        line.numbers[number], line.until[number] = who, until
        self._by_member.setdefault(who, {})[line] = number

    def unsubscribe(self, line: Line, number: int) -> None:
        """No more; a number that is none is no error."""
        who = line.numbers.pop(number, None)
        line.until.pop(number, None)
        lines = self._by_member.get(who) if who else None
        if who is None or lines is None or lines.get(line) != number:
            return
        del lines[line]
        if not lines:
            del self._by_member[who]

    def present(self, network_id: UUID, member_ids: Iterable[UUID]) -> bool:
        """Whether anybody of these is subscribed here."""
        return any((network_id, member_id) in self._by_member for member_id in member_ids)

    def tell(self, news: News) -> None:
        """Say it on every line that somebody of `news.member_ids` is subscribed on."""
        numbers: dict[Line, list[int]] = {}
        ended: list[tuple[Line, int]] = []
        since = self._now() - CLOCKS_DIFFER_SECONDS
        for member_id in news.member_ids:
            for line, number in self._by_member.get((news.network_id, member_id), {}).items():
                if line.until[number] < since:
                    ended.append((line, number))
                else:
                    numbers.setdefault(line, []).append(number)
        for line, number in ended:
            self._end(line, number)
        for line, those in numbers.items():
            line.say(Told(tuple(those), news))

    def _end(self, line: Line, number: int) -> None:
        """Her token has ended: her gateway asks again, with a newer one if she has one."""
        self.unsubscribe(line, number)
        line.say(NotBegun(number, "UNAVAILABLE"))

    def arrived(self, network_id: UUID, member_ids: tuple[UUID, ...], message: Message) -> None:
        """A message was stored here: told at once, without waiting for its event."""
        self._lately[message.conversation_id, message.sequence] = None
        if len(self._lately) > REMEMBERED:
            self._lately.popitem(last=False)
        id = message.conversation_id
        self.tell(News(network_id, id, member_ids, Kind.ARRIVED, message))

    def told_lately(self, conversation_id: UUID, sequence: int) -> bool:
        """Whether everybody subscribed here was told of this message when it was stored, or found
        it in what was stored before."""
        return (conversation_id, sequence) in self._lately

    def owns(self, member_id: UUID) -> bool:
        """Whether the member's slot is one of this instance's."""
        return slot_of(member_id) in self._slots

    def own(self, slots: frozenset[int]) -> None:
        """The slots this instance has changed."""
        self._slots = slots
        for line in self._lines:
            line.say(Owned(slots))

    def leave(self) -> None:
        """This instance ends: gateways go elsewhere."""
        self._left = True
        for line in self._lines:
            line.end()
