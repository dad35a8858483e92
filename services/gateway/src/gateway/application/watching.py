"""Telling each device what is new, in the order of each conversation, with nothing left out.

A member who looks on is watched: subscribed at the instance of messaging that has her slot
(ADR 33). `ends` says how far she was told in each conversation, whatever she was told by; what
comes twice falls away, and before what comes too early the rest is asked for, in her name, so that
the same policy decides as on every other door. So it does not matter what a broken line, an
instance that ended or a slot that moved has lost: subscribing anew says where things stand.
"""

from __future__ import annotations

import asyncio
import itertools
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol
from uuid import UUID

from common.auth import Caller

from gateway.application.catching_up import CatchingUp
from gateway.application.devices import DEVICES_PER_MEMBER, Device, Over, Sink, TooManyDevices
from gateway.application.news import News, pass_on
from gateway.application.rush import Rush
from gateway.telemetry import SOCKETS

SLOTS = 256
AGAIN_SECONDS = 0.5
MOST_ENDS = 1_000
"""Of a member with more conversations messaging says only of the newest where they end."""


def slot_of(member_id: UUID) -> int:
    """The slot of a member, as messaging reckons it."""
    return zlib.crc32(member_id.bytes) % SLOTS


class Line(Protocol):
    """The way to one instance of messaging; nothing here waits."""

    def subscribe(self, number: int, token: str) -> None:
        """Be told what is new for whom the token belongs to."""
        ...

    def unsubscribe(self, number: int) -> None:
        """Not any more."""
        ...

    def typing(self, number: int, conversation_id: str) -> None:
        """She is writing."""
        ...


class Watch:
    """One member who looks on through this process."""

    __slots__ = ("begun", "broken", "devices", "ends", "gone", "line", "member_id", "network_id",
                 "number", "opened", "pending", "slot")  # fmt: skip

    def __init__(self, number: int, network_id: UUID, member_id: UUID) -> None:
        self.number = number
        self.network_id = network_id
        self.member_id = member_id
        self.slot = slot_of(member_id)
        self.line: Line | None = None
        self.begun = asyncio.Event()
        self.broken = False  # nobody was subscribed for a while
        self.ends: dict[str, int] = {}
        self.gone: set[str] = set()  # of `ends`, those that were not hers when last subscribed
        self.pending: dict[str, int] = {}  # told of before it is known where things stand
        self.opened: set[Device] = set()
        self.devices: set[Device] = set()  # those of them that are told

    @property
    def token(self) -> str:
        """The one that lasts longest."""
        return max((device.caller for device in self.opened), key=lambda one: one.expires_at).token


class Watches:
    """All members who look on through this process."""

    def __init__(self, catching_up: CatchingUp, now: Callable[[], float]) -> None:
        """`now` is the loop's clock."""
        self._catching_up = catching_up
        self._rush = Rush(now)
        self._numbers = itertools.count(1)
        self._by_member: dict[tuple[UUID, UUID], Watch] = {}
        self._by_number: dict[int, Watch] = {}
        self._slots: list[set[Watch]] = [set() for _ in range(SLOTS)]
        self._owners: list[Line | None] = [None] * SLOTS

    def __len__(self) -> int:
        """How many members look on."""
        return len(self._by_member)

    # Devices

    def open(self, caller: Caller, sink: Sink) -> Device:
        """A new device, to be closed. Raises TooManyDevices."""
        who = caller.network_id, caller.subject
        watch = self._by_member.get(who)
        if watch is not None and len(watch.opened) >= DEVICES_PER_MEMBER:
            raise TooManyDevices(f"at most {DEVICES_PER_MEMBER} devices of one member at once")
        device = Device(caller, sink)
        if watch is None:
            watch = Watch(next(self._numbers), *who)
            self._by_member[who] = self._by_number[watch.number] = watch
            self._slots[watch.slot].add(watch)
        watch.opened.add(device)
        if watch.line is None:
            self._subscribe(watch)
        SOCKETS.inc()
        return device

    def close(self, device: Device) -> None:
        """Forget a device, and the member with her last."""
        SOCKETS.dec()
        for task in device.work:
            task.cancel()
        watch = self._of(device)
        watch.opened.discard(device)
        watch.devices.discard(device)
        if watch.opened:
            return
        if watch.line is not None:
            watch.line.unsubscribe(watch.number)
        del self._by_member[watch.network_id, watch.member_id], self._by_number[watch.number]
        self._slots[watch.slot].discard(watch)

    async def begin(
        self, device: Device, ready: bytes, resume: Mapping[str, int] | None = None, *,
        known_only: bool = False,
    ) -> None:  # fmt: skip
        """Tell it `ready`, and from there on everything: what is new, and with `resume` what is
        behind the places it knows and in conversations it does not know. With `known_only` it may
        know more than it says: of the others it is told how far they go."""
        watch = self._of(device)
        await watch.begun.wait()
        watch.devices.add(device)
        device.sink.write(ready)
        if resume is not None:
            ends = watch.ends
            device.ahead = {id: at for id, at in resume.items() if at > ends.get(id, 0)}
            due = {id: resume.get(id, 0) for id, end in ends.items() if resume.get(id, 0) < end}
            if known_only:
                for id in due.keys() - resume.keys():
                    del due[id]
                    device.sink.write(self._catching_up.behind(id, ends[id]))
            self._catching_up.begin(device, due, watch.ends)

    def refresh(self, device: Device, caller: Caller) -> None:
        """The device has a newer token."""
        device.caller = caller
        watch = self._of(device)
        if watch.line is not None:
            watch.line.subscribe(watch.number, watch.token)

    def quick(self, device: Device) -> None:
        """It reads again: told where to ask for what it missed."""
        device.slow = False
        watch = self._of(device)
        if device.unsure:
            self._unsure([device])
        while device.stale and not device.slow:
            device.sink.write(self._catching_up.anew(device.stale.pop()))
        while device.missed and not device.slow:
            id = device.missed.pop()
            device.sink.write(self._catching_up.behind(id, watch.ends.get(id, 0)))

    def typing(self, device: Device, conversation_id: str) -> None:
        """Its member is writing."""
        watch = self._of(device)
        if watch.line is not None:
            watch.line.typing(watch.number, conversation_id)

    def end(self, network_id: UUID, member_id: UUID, ended: Callable[[Caller], bool]) -> None:
        """Let go of those devices of a member whose callers have been signed out."""
        watch = self._by_member.get((network_id, member_id))
        for device in list(watch.opened) if watch else ():
            if ended(device.caller):
                device.sink.end(Over.SIGNED_OUT)

    def end_all(self) -> None:
        """This process ends."""
        for watch in list(self._by_member.values()):
            for device in list(watch.opened):
                device.sink.end(Over.LEAVING)

    def present(self, network_id: UUID, member_ids: Iterable[UUID]) -> list[UUID]:
        """Those of the members who look on here, each once."""
        return [id for id in dict.fromkeys(member_ids) if (network_id, id) in self._by_member]

    # Lines

    def owned(self, line: Line, slots: int) -> None:
        """An instance says which slots it has, one bit for each: who said so last has them."""
        for slot in range(SLOTS):
            if slots >> slot & 1:
                if self._owners[slot] is not line:
                    self._owners[slot] = line
                    for watch in self._slots[slot]:
                        watch.broken = watch.broken or watch.begun.is_set()
                        self._subscribe(watch)
            elif self._owners[slot] is line:
                self._owners[slot] = None

    def lost(self, line: Line) -> None:
        """The way to an instance is no more, nor what was subscribed on it."""
        for slot in range(SLOTS):
            if self._owners[slot] is line:
                self._owners[slot] = None
            for watch in self._slots[slot]:
                if watch.line is line:
                    watch.line, watch.broken = None, True

    def began(self, line: Line, number: int, ends: Iterable[tuple[str, int]]) -> None:
        """A subscription works; `ends` is where the member's conversations end."""
        watch = self._by_number.get(number)
        if watch is None or watch.line is not line:
            return
        broken, watch.broken = watch.broken, False
        if watch.begun.is_set():
            self._stand(watch, dict(ends))
            if broken:
                self._unsure(watch.devices)
            return
        watch.ends = dict(ends)
        watch.begun.set()
        pending, watch.pending = watch.pending, {}
        self._reach(watch, pending.items())

    def refused(self, line: Line, number: int, reason: str) -> None:
        """A subscription is not: later, or never."""
        watch = self._by_number.get(number)
        if watch is None or watch.line is not line:
            return
        watch.line, watch.broken = None, True
        if reason == "UNAVAILABLE":
            asyncio.get_running_loop().call_later(AGAIN_SECONDS, self._again, watch)
            return
        why = Over.SIGNED_OUT if reason == "UNAUTHENTICATED" else Over.REFUSED
        for device in list(watch.opened):
            device.sink.end(why)

    def told(self, news: News) -> None:
        """Something is new."""
        crowd, told = self._rush.holds(len(news.numbers)), 0
        for number in news.numbers:
            watch = self._by_number.get(number)
            if watch is not None:
                told += self._tell(watch, news, crowd=crowd)
        self._rush.add(told)

    # What comes of it

    def _of(self, device: Device) -> Watch:
        return self._by_member[device.caller.network_id, device.caller.subject]

    def _subscribe(self, watch: Watch) -> None:
        line = self._owners[watch.slot]
        if watch.line is not None and watch.line is not line:
            watch.line.unsubscribe(watch.number)
            watch.broken = True
        watch.line = line
        if line is not None:
            line.subscribe(watch.number, watch.token)

    def _again(self, watch: Watch) -> None:
        if watch.opened and watch.line is None:
            self._subscribe(watch)

    def _tell(self, watch: Watch, news: News, *, crowd: bool) -> int:
        """How many devices it was new for."""
        id, sequence = news.conversation_id, news.sequence
        if not sequence:
            pass_on(news, watch.devices)
        elif not watch.begun.is_set():
            watch.pending[id] = max(sequence, watch.pending.get(id, 0))
        elif sequence == watch.ends.get(id, 0) + 1:
            watch.ends[id] = sequence
            for device in watch.devices:
                if id in device.catching or sequence <= device.ahead.get(id, 0):
                    continue  # who is catching up comes to it by herself
                if device.slow:
                    device.missed.add(id)
                elif crowd:
                    device.sink.gather(news.frame)
                else:
                    device.sink.write(news.frame)
            return len(watch.devices)
        else:  # told already, or something lies before it
            self._reach(watch, [(id, sequence)])
        return 0

    def _stand(self, watch: Watch, ends: Mapping[str, int]) -> None:
        """So her conversations stand now. What she was told of and is not among them is perhaps
        not hers any more, and what said so was lost: her devices ask. It is not forgotten, since
        she may come back and is told from there on."""
        self._reach(watch, ends.items())
        gone = watch.ends.keys() - ends.keys() if len(ends) < MOST_ENDS else set[str]()
        for id in gone - watch.gone:
            pass_on(News((), id, self._catching_up.anew(id), anew=True), watch.devices)
        watch.gone = gone

    def _unsure(self, devices: Iterable[Device]) -> None:
        """Between two subscriptions nobody told of what has no place: these may have missed it."""
        for device in devices:
            device.unsure = device.slow
            if not device.slow:
                device.sink.write(self._catching_up.changes)

    def _reach(self, watch: Watch, ends: Iterable[tuple[str, int]]) -> None:
        """Conversations go on to these places, and nobody was told what lies before."""
        missing: dict[str, int] = {}
        for id, end in ends:
            last = watch.ends.get(id, 0)
            if end > last:
                watch.ends[id] = end
                missing[id] = last
        for device in watch.devices if missing else ():
            self._catching_up.begin(device, missing, watch.ends)
