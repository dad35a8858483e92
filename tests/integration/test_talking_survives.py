"""Promises 1 and 3 for people who talk: whatever is killed or stops answering, nothing that was
acknowledged is lost or doubled, and everybody sees the same, in one order; of a group, whose
members come and go meanwhile, just what was said while she was in it.

Two gateways and two instances of messaging, with a broker and a database of their own. `make soak`
does the same for longer.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kith_cli.client import Kith
from kith_cli.local.broker import LocalBroker
from kith_cli.local.database import LocalDatabase

from tests.integration.keepers import Keeper, gathered, moved
from tests.integration.system import System
from tests.integration.talkers import Stored, Talker, check, ends_for

GATEWAYS, INSTANCES = ("gateway", "gateway-2"), ("messaging", "messaging-2")
MEMBERS = 6
HOSTS = (0, 3)
"""Each looks after a group that all the others come into and leave."""
PAUSE_SECONDS = 3.0
BETWEEN_SECONDS = 2.0
SEED = 20260131
LIMITS = {"KITH_LIMIT_WRITES": "100000/100000", "KITH_LIMIT_ADDRESS": "100000/100000"}


@dataclass(frozen=True, slots=True)
class World:
    """A system, and the servers it stands on."""

    system: System
    broker: LocalBroker
    database: LocalDatabase


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Everything twice that can be, on servers nobody else uses."""
    broker, database = LocalBroker(tmp_path / "kafka"), LocalDatabase(tmp_path / "mongodb")
    try:
        broker.start()
        database.start()
        system = System(tmp_path / "kith", broker.bootstrap, database.uri, "talk")
        instances = ",".join(system.grpc(name) for name in INSTANCES)
        for gateway in GATEWAYS:
            system.told[gateway] = {"KITH_MESSAGING_INSTANCES": instances, **LIMITS}
        system.told["gateway-2"]["KITH_MESSAGING"] = system.grpc("messaging-2")
        try:
            system.start(("identity", *INSTANCES, *GATEWAYS))
            yield World(system, broker, database)
        finally:
            system.stop()
    finally:
        broker.kill()
        database.kill()


@pytest.mark.timeout(600)
def test_whatever_fails_everybody_sees_the_same_and_nothing_is_lost(
    world: World, network: str, soak_seconds: float
) -> None:
    system, chance = world.system, random.Random(SEED)
    admin = system.admin(network)
    members = [system.member(admin, network, f"talker{number}") for number in range(MEMBERS)]
    talks = opened(members)
    groups = [
        gathered(members[host], [kith for kith in members if kith is not members[host]], host)
        for host in HOSTS
    ]
    doors = [system.http(name) for name in GATEWAYS]
    talkers = [
        Talker(
            f"m{number}", kith.member_id, kith.token, mine, doors, random.Random(chance.random()),
            groups,
        )
        for number, (kith, mine) in enumerate(zip(members, talks, strict=True))
    ]  # fmt: skip
    keepers = [
        Keeper(group, talkers[host], talkers[:host] + talkers[host + 1 :],
               random.Random(chance.random()))
        for group, host in zip(groups, HOSTS, strict=True)
    ]  # fmt: skip
    asyncio.run(play(talkers, keepers, world, chance, soak_seconds))
    asyncio.run(settled(talkers))  # what was not answered is said again
    there = {
        talk: stored(kith, talk) for kith, mine in zip(members, talks, strict=True) for talk in mine
    } | {group: stored(members[host], group) for group, host in zip(groups, HOSTS, strict=True)}
    asyncio.run(settled(talkers, there))
    check(talkers, there)
    for group in groups:
        assert moved(there[group]) == {"opened", "joined", "left", "removed"}
    assert min(talker.connections for talker in talkers) > 1, "nobody ever came back"
    assert all(len(talker.acknowledged) > 5 for talker in talkers), "nobody got to say anything"


def opened(members: list[Kith]) -> list[list[str]]:
    """Each talks with the two beside her; the ids of her conversations."""
    talks: list[list[str]] = [[] for _ in members]
    for number, kith in enumerate(members):
        other = (number + 1) % len(members)
        asked = {"memberId": members[other].member_id}
        id = kith.post_when_known("/v1/conversations", asked)["id"]
        members[other].put(f"/v1/conversations/{id}/acceptance")  # or three messages are all
        talks[number].append(id)
        talks[other].append(id)
    return talks


async def play(
    talkers: list[Talker], keepers: list[Keeper], world: World, chance: random.Random, more: float
) -> None:
    """Everybody talks while one thing after the other fails; with `more` seconds, on and on."""
    over = asyncio.Event()
    talking = [asyncio.create_task(talker.talk(over)) for talker in talkers]
    talking += [asyncio.create_task(keeper.keep(over)) for keeper in keepers]
    faults = faults_of(world)
    until = time.monotonic() + more
    try:
        while True:
            chance.shuffle(faults)
            for fault in faults:
                await asyncio.sleep(BETWEEN_SECONDS)
                await asyncio.to_thread(fault)
                for task in talking:
                    if task.done():
                        task.result()
            if time.monotonic() >= until:
                break
    finally:
        over.set()
        await asyncio.gather(*talking)


def faults_of(world: World) -> list[Callable[[], None]]:
    """Every process is killed, and the ones that talk to each other stop answering for a while."""
    killed = [partial(restarted, world.system, name) for name in (*INSTANCES, *GATEWAYS)]
    stopped = [partial(frozen, world.system, name) for name in ("messaging", "gateway-2")]
    broken = [partial(back, server) for server in (world.broker, world.database)]
    return [*killed, *stopped, *broken]


def restarted(system: System, name: str) -> None:
    system.kill(name)
    system.wait_ready(name)


def frozen(system: System, name: str) -> None:
    system.pause(name)
    time.sleep(PAUSE_SECONDS)
    system.resume(name)


def back(server: LocalBroker | LocalDatabase) -> None:
    server.kill()
    server.start()


async def settled(talkers: list[Talker], stored: Stored | None = None) -> None:
    """Everybody was answered, and told how her conversations end."""
    ends = [ends_for(talker, stored) if stored else {} for talker in talkers]
    await asyncio.gather(*(one.settle(end) for one, end in zip(talkers, ends, strict=True)))


def stored(kith: Kith, talk: str) -> list[dict[str, Any]]:
    """A conversation as it is now."""
    found: list[dict[str, Any]] = []
    more = True
    while more:
        page = kith.get(
            f"/v1/conversations/{talk}/messages", oldestFirst="true", pageSize=200,
            afterSequence=len(found),
        )  # fmt: skip
        found += page["messages"]
        more = page["hasMore"]
    return found
