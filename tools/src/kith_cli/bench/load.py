"""The loads: senders in a closed loop, and a steady rate with a watch on signals."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kith_cli.bench.lean import Connection

SAMPLE_EVERY = 7
GIVE_UP_SECONDS = 30.0
POLL_SECONDS = 0.01
TEXT = "I know this. What helped me was to write one line each evening and to show it to nobody."


@dataclass(slots=True)
class Person:
    """Somebody signed in, with the conversation she writes in."""

    member_id: str
    token: str
    conversation_id: str = ""


@dataclass(slots=True)
class Load:
    """What was seen, in seconds."""

    latencies: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    seconds: float = 0.0


async def closed_loop(host: str, port: int, people: Sequence[Person], seconds: float) -> Load:
    """Everybody sends one message after the other for so long."""
    load, begun = Load(), time.perf_counter()
    until = begun + seconds

    async def send(person: Person) -> None:
        connection = Connection(host, port, person.token)
        number = 0
        while time.perf_counter() < until:
            number += 1
            at = time.perf_counter()
            await say(connection, person, f"closed-{number}-{begun}")
            load.latencies.append(time.perf_counter() - at)
        connection.close()

    await asyncio.gather(*(send(person) for person in people))
    load.seconds = time.perf_counter() - begun
    return load


async def steady(
    host: str, port: int, people: Sequence[Person], per_second: float, seconds: float
) -> Load:
    """Send at a steady rate (open loop); for some, wait until the signal has taken the message."""
    load, begun = Load(), time.perf_counter()
    chance = random.Random(7)  # noqa: S311  # no secret
    pools = {person.member_id: [Connection(host, port, person.token)] for person in people}
    tasks: list[asyncio.Task[None]] = []
    for number in range(int(per_second * seconds)):
        await asyncio.sleep(max(0.0, begun + number / per_second - time.perf_counter()))
        person = people[chance.randrange(len(people))]
        work = _sent_and_seen(host, port, person, pools[person.member_id], number, load)
        tasks.append(asyncio.create_task(work))
    await asyncio.gather(*tasks)
    load.seconds = time.perf_counter() - begun
    for pool in pools.values():
        for connection in pool:
            connection.close()
    return load


async def _sent_and_seen(
    host: str, port: int, person: Person, pool: list[Connection], number: int, load: Load
) -> None:
    connection = pool.pop() if pool else Connection(host, port, person.token)
    at = time.perf_counter()
    message = await say(connection, person, f"steady-{number}-{at}")
    acknowledged = time.perf_counter()
    load.latencies.append(acknowledged - at)
    if number % SAMPLE_EVERY == 0:
        written = datetime.fromisoformat(message["createTime"])
        await _poll(connection, written)
        load.delays.append(time.perf_counter() - acknowledged)
    pool.append(connection)


async def _poll(connection: Connection, written: datetime) -> None:
    deadline = time.perf_counter() + GIVE_UP_SECONDS
    while time.perf_counter() < deadline:
        signal = await connection.request("GET", "/v1/signals/me")
        if datetime.fromisoformat(signal["lastActivityTime"]) >= written:
            return
        await asyncio.sleep(POLL_SECONDS)
    raise RuntimeError(f"a message was not in its sender's signal after {GIVE_UP_SECONDS:g} s")


async def say(connection: Connection, person: Person, id: str) -> Any:
    """Send one message; the answer. Raises Status."""
    body = {"clientMessageId": id[:64], "text": TEXT}
    return await connection.request(
        "POST", f"/v1/conversations/{person.conversation_id}/messages", body
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
