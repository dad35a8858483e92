"""Pushing, with a fetch that a test commands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from common.auth import Caller
from common.errors import Forbidden, Unavailable
from common.testing.poll import until
from gateway.application.push import Arrival, Pusher
from gateway.application.sockets import Socket, Sockets

from services.gateway.tests.tokens import ADA, BEN, NETWORK


class FakeFetch:
    """A fetch that says what it was asked, waits for `gate`, and fails as told."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.failures: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.under_way = self.most_under_way = 0

    async def __call__(self, token: str, arrival: Arrival) -> str | None:
        self.asked.append((token, arrival.sequence))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await self.gate.wait()
        finally:
            self.under_way -= 1
        if self.failures:
            raise self.failures.pop(0)
        return f"{arrival.conversation_id.int}/{arrival.sequence}" if arrival.sequence else None


def arrival(sequence: int, conversation: int = 0, *members: UUID) -> Arrival:
    return Arrival(NETWORK, UUID(int=conversation), sequence, members or (ADA, BEN))


def look_on(sockets: Sockets, member: UUID = ADA) -> Socket:
    return sockets.open(Caller(member, NETWORK, frozenset(), f"token of {member.int % 16}", 1.0))


@asynccontextmanager
async def pushing(pusher: Pusher) -> AsyncIterator[None]:
    task = asyncio.create_task(pusher.run())
    yield
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def frames(socket: Socket, count: int) -> list[str]:
    async with asyncio.timeout(10):
        return [await socket.frames.get() for _ in range(count)]


async def test_each_present_member_is_fetched_for_once_in_her_own_name() -> None:
    sockets, fetch = Sockets(), FakeFetch()
    mine = [look_on(sockets), look_on(sockets), look_on(sockets, BEN)]
    pusher = Pusher(sockets, fetch)
    async with pushing(pusher):
        pusher.offer(arrival(1))
        for socket in mine:
            assert await frames(socket, 1) == ["0/1"]
    assert sorted(fetch.asked) == [("token of 10", 1), ("token of 11", 1)]


async def test_a_conversation_keeps_its_order_and_what_comes_twice_is_shown_once() -> None:
    sockets, fetch = Sockets(), FakeFetch()
    socket = look_on(sockets)
    pusher = Pusher(sockets, fetch)
    async with pushing(pusher):
        for sequence in (1, 2, 2, 3, 1, 4):
            pusher.offer(arrival(sequence))
        assert await frames(socket, 4) == ["0/1", "0/2", "0/3", "0/4"]
        pusher.offer(arrival(5))
        assert await frames(socket, 1) == ["0/5"]


async def test_only_so_many_fetches_are_under_way() -> None:
    sockets, fetch = Sockets(), FakeFetch()
    socket = look_on(sockets)
    pusher = Pusher(sockets, fetch, lanes=4)
    fetch.gate.clear()
    async with pushing(pusher):
        for conversation in range(40):
            pusher.offer(arrival(1, conversation))

        async def busy() -> bool:
            return fetch.under_way == 4

        await until(busy)
        fetch.gate.set()
        assert len(await frames(socket, 40)) == 40
    assert fetch.most_under_way == 4


async def test_what_does_not_fit_is_dropped_and_nobody_waits() -> None:
    sockets, fetch = Sockets(), FakeFetch()
    socket = look_on(sockets)
    pusher = Pusher(sockets, fetch, lanes=1, length=2)
    for sequence in range(1, 6):
        pusher.offer(arrival(sequence))
    async with pushing(pusher):
        assert await frames(socket, 2) == ["0/1", "0/2"]
        pusher.offer(arrival(6))
        assert await frames(socket, 1) == ["0/6"]


async def test_a_failure_is_of_one_message_and_one_member_only() -> None:
    sockets, fetch = Sockets(), FakeFetch()
    ada, ben = look_on(sockets), look_on(sockets, BEN)
    fetch.failures = [Forbidden("no"), RuntimeError("bug")]
    pusher = Pusher(sockets, fetch)
    async with pushing(pusher):
        pusher.offer(arrival(1, 0, ADA))
        pusher.offer(arrival(2, 0, ADA, BEN))
        pusher.offer(arrival(3, 0, ADA, BEN))
        assert await frames(ada, 1) == ["0/3"]
        assert await frames(ben, 2) == ["0/2", "0/3"]


async def test_a_message_that_is_gone_is_not_shown() -> None:
    sockets, fetch = Sockets(), FakeFetch()
    socket = look_on(sockets)
    pusher = Pusher(sockets, fetch)
    async with pushing(pusher):
        pusher.offer(arrival(0))
        pusher.offer(arrival(1))
        assert await frames(socket, 1) == ["0/1"]


async def test_a_service_that_is_away_is_waited_for_while_somebody_looks_on() -> None:
    sockets, fetch = Sockets(), FakeFetch()
    socket = look_on(sockets)
    fetch.failures = [Unavailable("away")] * 3
    pusher = Pusher(sockets, fetch, retry_seconds=(0.0,))
    async with pushing(pusher):
        pusher.offer(arrival(1))
        assert await frames(socket, 1) == ["0/1"]
    assert len(fetch.asked) == 4


async def test_nobody_is_waited_for_who_has_left() -> None:
    sockets, fetch = Sockets(), FakeFetch()
    ada, ben = look_on(sockets), look_on(sockets, BEN)
    fetch.failures = [Unavailable("away")] * 1000
    pusher = Pusher(sockets, fetch, lanes=1, retry_seconds=(0.0,))
    async with pushing(pusher):
        pusher.offer(arrival(1, 0, ADA))

        async def tried() -> bool:
            return len(fetch.asked) > 3

        await until(tried)
        sockets.close(ada)
        pusher.offer(arrival(2, 0, BEN))

        async def gone_on() -> bool:
            return fetch.asked[-1][1] == 2

        await until(gone_on)
        fetch.failures.clear()
        assert await frames(ben, 1) == ["0/2"]
