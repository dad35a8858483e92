"""The stream on a real broker with real Faust: whatever happens to it, what comes out is what the
model alone makes of the log, to the last bit."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from common.grpc_client import call
from common.ids import new_id
from common.kafka_producer import Producer
from common.kafka_producer import Record as Sent
from common.testing.poll import until
from kith.activity.events.v1 import activity_events_pb2 as pb
from kith.signals.v1 import signals_pb2
from kith.signals.v1 import signals_service_pb2 as api
from pymongo import AsyncMongoClient
from signals.domain.codec import decode
from signals.domain.estimate import estimate
from signals.domain.state import Consent, MemberState

from services.signals.tests.builders import (
    ACTIVITY,
    CONSENT,
    DAY,
    NETWORK,
    PARAMETERS,
    SET_ASIDE,
    SIGNAL,
    START,
    STATES,
    WITHDRAWAL,
    an_event,
    head,
)
from services.signals.tests.doors import Stub, signal_of
from services.signals.tests.expectations import (
    END,
    Expected,
    is_exact,
    one,
    progress,
    settles,
    staff,
)
from services.signals.tests.histories import Told, a_history, feed
from services.signals.tests.worlds import Process, World, connected

Processes = Callable[[], Process]


def members(count: int) -> list[UUID]:
    return [new_id() for _ in range(count)]


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
    await until(process.is_ready)
    async with connected(process.grpc) as stub:
        whole = Expected.of(await world.records(ACTIVITY))
        expected = Expected(
            {one: state for one, state in whole.states.items() if one in people}, whole.days
        )

        async def all_there() -> bool:
            return (await progress(stub, world)).activity_count == expected.taken

        await until(all_there)
        for member, state in expected.granted():
            assert await one(stub, world, member) == signal_of(member, state, END)
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


async def killed(process: Process, world: World, *, after: int) -> None:
    """SIGKILL once so many more signals are published: most likely before their states are kept."""
    wanted = await world.count(SIGNAL) + after

    async def so_many() -> bool:
        return await world.count(SIGNAL) >= wanted

    await until(so_many, every=0.001)
    await process.kill()


@pytest.mark.timeout(300)
async def test_kills_and_moving_partitions_change_nothing(
    world: World, producer: Producer, processes: Processes
) -> None:
    """What does this test do? While records flow, a worker is killed at work and started again; a
    second one joins, is killed at work and started again; then the first one ends in peace. So all
    partitions have moved there and back, with states stored, published only, and neither."""
    chance = random.Random(20_261_123)
    told = a_history(chance, members(60), 4_000, NETWORK)
    quarters = [told[first : first + 1_100] for first in range(0, len(told), 1_100)]
    first, second = processes(), processes()

    def feeding() -> asyncio.Task[None]:
        return asyncio.create_task(feed(producer, quarters.pop(0), chunk=25))

    await first.start()
    fed = feeding()
    await killed(first, world, after=chance.randrange(1, 40))
    await fed
    await first.start()
    fed = feeding()
    await until(first.is_folding)
    await second.start()
    await until(second.is_folding)
    await fed
    fed = feeding()
    await killed(second, world, after=chance.randrange(1, 40))
    await fed
    await second.start()
    fed = feeding()
    await until(second.is_folding)
    assert await first.terminate() == 0
    await fed
    assert not quarters
    await until(second.is_ready)
    async with connected(second.grpc) as stub:
        await is_exact(world, stub, await settles(world, stub))


async def test_a_withdrawal_takes_everything_with_it_and_a_new_consent_begins_anew(
    world: World, producer: Producer, processes: Processes, mongodb_uri: str
) -> None:
    process, (ada,) = processes(), members(1)
    acts = [tell(an_event(ada, at=START + day * DAY)) for day in range(1, 13)]
    await process.start()
    await feed(producer, [tell(an_event(ada, CONSENT)), *acts])
    await until(process.is_ready)
    async with (
        connected(process.grpc) as stub,
        AsyncMongoClient[dict[str, Any]](mongodb_uri) as client,
    ):
        await is_exact(world, stub, await settles(world, stub))
        days = client[f"{world.name}_signals"]["days"]
        assert await days.count_documents({}) == 9
        await feed(producer, [tell(an_event(ada, WITHDRAWAL, START + 20 * DAY)), *acts])
        await is_exact(world, stub, await settles(world, stub))
        assert await days.count_documents({}) == 0
        left = (await world.records(STATES))[-1].value
        assert decode(left) == MemberState(Consent.WITHDRAWN, START + 20 * DAY, 13)
        later = [tell(an_event(ada, at=START + day * DAY)) for day in range(31, 36)]
        await feed(producer, [tell(an_event(ada, CONSENT, START + 30 * DAY)), *later])
        expected = await settles(world, stub)
        assert expected.states[ada].taken == 5
        await is_exact(world, stub, expected)


async def test_bad_records_are_set_aside_until_there_are_so_many_that_it_must_be_us(
    world: World, producer: Producer, processes: Processes
) -> None:
    process, (ada,) = processes(), members(1)
    good = [tell(an_event(ada, at=START + day * DAY)) for day in range(1, 5)]
    future = Told(an_event(ada, at=4_000_000_000_000), new_id())
    undecodable = Sent(ACTIVITY, str(ada), b"\xff\xff", head())
    await process.start()
    await feed(producer, [tell(an_event(ada, CONSENT)), good[0], future, good[1]])
    await producer.send_all([undecodable])
    await feed(producer, good[2:])
    await until(process.is_ready)
    async with connected(process.grpc) as stub:

        async def all_good_are_taken() -> bool:
            return (await progress(stub, world)).activity_count == 4

        await until(all_good_are_taken)
    aside = await world.records(SET_ASIDE)
    assert [record.value for record in aside] == [future.event.SerializeToString(), b"\xff\xff"]
    assert [dict(record.headers)["error_reason"] for record in aside] == [
        b"INVALID_ARGUMENT", b"UNDECODABLE",
    ]  # fmt: skip
    assert dict(aside[0].headers)["ce_id"] == str(future.id).encode()

    rest = tell(an_event(ada, at=START + 9 * DAY))
    await producer.send_all([undecodable] * 9)
    await feed(producer, [rest])
    assert await asyncio.wait_for(process.wait(), 40) == 1
    assert "signals.state.v1: more than 5 records in a row are UNDECODABLE" in world.log.read_text()
    assert await world.count(SET_ASIDE) == 7
    await process.start()  # as a supervisor does: the same are set aside again, and no more
    assert await asyncio.wait_for(process.wait(), 40) == 1
    assert await world.count(SET_ASIDE) == 12
    states = {record.key: record.value for record in await world.records(STATES)}
    assert decode(states[str(ada).encode()]).taken == 4


def tell(event: pb.ActivityRecorded) -> Told:
    return Told(event, new_id())
