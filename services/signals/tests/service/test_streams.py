"""The stream on a real broker with real Faust: whatever happens to it, what comes out is what the
model alone makes of the log, to the last bit."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from uuid import UUID

import pytest
from common.errors import DomainError
from common.grpc_client import call
from common.ids import new_id
from common.kafka_producer import Producer
from common.testing.poll import until
from kith.signals.v1 import signals_pb2
from kith.signals.v1 import signals_service_pb2 as api
from signals.domain.estimate import estimate
from signals.domain.state import Consent

from services.signals.tests.builders import (
    ACTIVITY,
    DAY,
    NETWORK,
    PARAMETERS,
    SIGNAL,
    START,
    STATES,
    stamp,
)
from services.signals.tests.doors import Stub, course_of, signal_of
from services.signals.tests.worlds import Expected, Process, World, a_history, connected, feed

END = START + 200 * DAY
Processes = Callable[[], Process]


def members(count: int) -> list[UUID]:
    return [new_id() for _ in range(count)]


def staff(world: World, network_id: UUID = NETWORK) -> str:
    return world.issuer.token(UUID(int=99), network_id, "care_team")


async def progress(stub: Stub, world: World) -> api.GetProgressResponse:
    return await call(stub.GetProgress, api.GetProgressRequest(), token=staff(world))


async def settles(world: World, stub: Stub) -> Expected:
    """What the log amounts to, once everything of it can be read."""
    expected = Expected.of(await world.records(ACTIVITY))
    count = sum(1 for _ in expected.granted())

    async def all_there() -> bool:
        found = await progress(stub, world)
        return (found.member_count, found.activity_count) == (count, expected.taken)

    await until(all_there, seconds=60)
    return expected


async def is_exact(world: World, stub: Stub, expected: Expected) -> None:
    """Every door and the changelog say what the model says."""
    token = staff(world)
    for member, state in expected.states.items():
        one = api.GetMemberSignalRequest(member_id=str(member), as_of_time=stamp(END))
        if state.consent is not Consent.GRANTED:
            with pytest.raises(DomainError, match="no signal"):
                await call(stub.GetMemberSignal, one, token=token)
            continue
        found = await call(stub.GetMemberSignal, one, token=token)
        assert found.signal == signal_of(member, state, END)
        course = api.ListCoursePointsRequest(member_id=str(member), page_size=1000)
        days = expected.days[member]
        assert list((await call(stub.ListCoursePoints, course, token=token)).points) == course_of(
            days[day] for day in sorted(days)
        )
    assert {
        record.key: record.value for record in await world.records(STATES)
    } == expected.stored  # the last of each is the state a restart begins with


async def ranked(stub: Stub, token: str) -> list[signals_pb2.MemberSignal]:
    """All pages of the list."""
    request = api.ListMemberSignalsRequest(page_size=7, include_unknown=True)
    found: list[signals_pb2.MemberSignal] = []
    while True:
        reply = await call(stub.ListMemberSignals, request, token=token)
        found += reply.signals
        if not reply.next_page_token:
            return found
        request.page_token = reply.next_page_token


async def test_a_history_becomes_what_the_model_says(
    world: World, producer: Producer, processes: Processes
) -> None:
    process = processes()
    await process.start()
    people, other = members(20), UUID(int=5)
    told = a_history(random.Random(1), people, 1_500, NETWORK)
    await feed(producer, told)
    await feed(producer, told[-50:])  # a producer that did not hear the acknowledgement
    await feed(producer, a_history(random.Random(2), members(2), 30, other))
    await until(process.is_ready, seconds=40)
    async with connected(process.grpc) as stub:
        whole = Expected.of(await world.records(ACTIVITY))
        expected = Expected(
            {one: state for one, state in whole.states.items() if one in people}, whole.days
        )

        async def all_there() -> bool:
            return (await progress(stub, world)).activity_count == expected.taken

        await until(all_there, seconds=40)
        for member, state in expected.granted():
            request = api.GetMemberSignalRequest(member_id=str(member), as_of_time=stamp(END))
            found = await call(stub.GetMemberSignal, request, token=staff(world))
            assert found.signal == signal_of(member, state, END)
        await _list_is_ranked(world, stub, expected)
        mine = world.issuer.token(people[0], NETWORK)
        own = await call(stub.GetMemberSignal, api.GetMemberSignalRequest(), token=mine)
        assert own.signal.member_id == str(people[0])
        assert len(await ranked(stub, staff(world, other))) == 2
    assert await process.terminate() == 0
    assert await world.committed()


async def _list_is_ranked(world: World, stub: Stub, expected: Expected) -> None:
    latest = max(state.last_at for _, state in expected.granted())
    risk: dict[UUID, float] = {}
    for member, state in expected.granted():
        found = estimate(state, state.newest_at or state.consent_at, PARAMETERS)
        assert found is not None
        risk[member] = found.risk.p
    in_order = sorted(risk, key=lambda member: (1.0 - risk[member], member.bytes))
    assert await ranked(stub, staff(world)) == [
        signal_of(member, expected.states[member], latest) for member in in_order
    ]


@pytest.mark.timeout(150)
async def test_kill_9_at_any_moment_changes_nothing(
    world: World, producer: Producer, processes: Processes
) -> None:
    """The stream is killed while it works, at moments counted in signals it had published by then,
    and started again; once there are two workers, and the other takes over."""
    chance = random.Random(20_261_123)
    told = a_history(chance, members(60), 4_000, NETWORK)
    lives = 4
    share = len(told) // lives
    process = processes()
    for life in range(lives):
        await process.start()
        last = life == lives - 1
        slice_ = told[life * share :] if last else told[life * share : (life + 1) * share]
        seen = await world.count(SIGNAL)
        feeding = asyncio.create_task(feed(producer, slice_, chunk=25))
        if not last:
            wanted = seen + chance.randrange(1, 60)

            async def so_many(wanted: int = wanted) -> bool:
                return await world.count(SIGNAL) >= wanted

            await until(so_many, seconds=40, every=0.001)
            await process.kill()
        await feeding
    async with connected(process.grpc) as stub:
        expected = await settles(world, stub)
        await is_exact(world, stub, expected)
