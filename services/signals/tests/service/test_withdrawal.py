"""Withdrawing on a real broker, with real Faust and a real database, while everybody acts.

What does this test do? People act, agree and withdraw in an order drawn by chance, and go on acting
after they withdrew; in between the worker is killed at work. Then every signal that was ever told,
every state and every row must rest on a yes that held at its place in the log, and name its text.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest
from common.ids import new_id
from common.kafka_producer import Producer
from common.testing.poll import until
from kith.activity.events.v1 import activity_events_pb2 as pb
from kith.signals.events.v1 import signals_events_pb2 as signals_pb
from pymongo import AsyncMongoClient
from signals.domain.codec import decode
from signals.domain.state import Consent

from services.signals.tests.builders import (
    ACTIVITY,
    CONSENT,
    DAY,
    HOUR,
    SIGNAL,
    START,
    STATES,
    WITHDRAWAL,
    an_event,
)
from services.signals.tests.expectations import is_exact, settles
from services.signals.tests.histories import Told, feed
from services.signals.tests.worlds import Process, World, connected

ROUNDS, PEOPLE, ACTS = 4, 6, 60


def a_round(
    chance: random.Random, people: Sequence[UUID], agreed: set[UUID], at: int
) -> Iterator[Told]:
    """Acts of everybody; some change their minds among them, and act on."""
    for _ in range(ACTS):
        at += chance.randrange(HOUR, DAY)
        who = chance.choice(people)
        event = an_event(who, pb.ACTIVITY_KIND_ASK, at)
        if chance.random() < 0.2:
            kind = WITHDRAWAL if who in agreed else CONSENT
            agreed ^= {who}
            event = an_event(who, kind, at, consent_version=chance.randrange(1, 4))
        yield Told(event, new_id())


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2])
async def test_no_signal_state_or_row_rests_on_a_consent_that_did_not_hold(
    seed: int, world: World, producer: Producer, processes: Callable[[], Process], mongodb_uri: str
) -> None:
    chance, process = random.Random(seed), processes()
    people, agreed = [new_id() for _ in range(PEOPLE)], set[UUID]()
    await process.start()
    for number in range(ROUNDS):
        at = START + number * ACTS * DAY
        told = list(a_round(chance, people, agreed, at))
        await feed(producer, told, chunk=chance.randrange(5, 40))
        if number == ROUNDS // 2:
            await until(process.is_folding)
            await process.kill()
            await process.start()
    await until(process.is_ready)
    async with connected(process.grpc) as stub:
        await is_exact(world, stub, await settles(world, stub))
    held = await _held(world)
    signals = await world.records(SIGNAL)
    assert any(_type(one) is signals_pb.MemberSignalCleared for one in signals)
    for record in signals:
        if _type(record) is signals_pb.MemberSignalUpdated:
            event = signals_pb.MemberSignalUpdated.FromString(record.value)
            assert held[event.member_id, event.offset] == event.consent_version
            assert {day.consent_version for day in event.closed_days} <= {1, 2, 3}
    await _rests_on_a_yes(world, held)
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri) as client:
        database = client[f"{world.name}_signals"]
        rows = await database["members"].find({"state": {"$exists": True}}).to_list()
        found = {UUID(bytes=row["_id"]): row for row in rows}
        assert found.keys() == agreed
        for member, row in found.items():
            assert held[str(member), row["offset"]] == row["consent_version"]
        of_days = await database["days"].distinct("member_id")
        assert {UUID(bytes=member) for member in of_days} <= agreed


def _type(record: Any) -> type:
    name = dict(record.headers)["ce_type"].decode().rpartition(".")[2]
    found: type = getattr(signals_pb, name)
    return found


async def _held(world: World) -> Mapping[tuple[str, int], int | None]:
    """By member and offset: the version of the text she had agreed to by then, or None."""
    held: dict[tuple[str, int], int | None] = {}
    now: dict[str, int | None] = {}
    for record in await world.records(ACTIVITY):
        event = pb.ActivityRecorded.FromString(record.value)
        if event.kind == CONSENT:
            now[event.member_id] = event.consent_version
        elif event.kind == WITHDRAWAL:
            now[event.member_id] = None
        held[event.member_id, record.offset] = now.get(event.member_id)
    return held


async def _rests_on_a_yes(world: World, held: Mapping[tuple[str, int], int | None]) -> None:
    for record in await world.records(STATES):
        state = decode(record.value)
        version = held[record.key.decode(), state.offset]
        if state.consent is Consent.GRANTED:
            assert state.consent_version == version
        else:
            assert version is None
            assert len(record.value) == 18
