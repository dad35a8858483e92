"""The work: twenty people write to each other in a closed loop, then at a steady rate that is
watched at the other end. The same for both."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence

from kith_cli.bench.lean import Connection
from kith_cli.bench.load import Load

from bench.peers.synapse.matrix import Person, Watch, acquainted, registered, say

ARRIVE_SECONDS = 30.0
POLL_SECONDS = 0.01


async def people_of(host: str, port: int, secret: str, count: int) -> list[Person]:
    """Accounts, each with a room with the next."""
    people = [await registered(host, port, secret, f"sender{n}") for n in range(count)]
    for number, person in enumerate(people):
        await acquainted(host, port, person, people[(number + 1) % count])
    return people


async def closed_loop(host: str, port: int, people: Sequence[Person], seconds: float) -> Load:
    """Everybody sends one message after the other for so long."""
    load, begun = Load(), time.perf_counter()
    until = begun + seconds

    async def send(person: Person) -> None:
        connection = Connection(host, port, person.token)
        while (at := time.perf_counter()) < until:
            await say(connection, person)
            load.latencies.append(time.perf_counter() - at)
        connection.close()

    await asyncio.gather(*(send(person) for person in people))
    load.seconds = time.perf_counter() - begun
    return load


async def delivered(
    host: str, port: int, people: Sequence[Person], per_second: float, seconds: float,
    patience: float = ARRIVE_SECONDS,
) -> Load:  # fmt: skip
    """Send at a steady rate (open loop): from a sender's request to the answer to /sync that shows
    it to whom she writes to. Each writes to the next. Raises TimeoutError if one never arrives."""
    watches = [Watch(host, port, person) for person in people]
    await asyncio.gather(*(watch.begin() for watch in watches))
    watching = [asyncio.create_task(watch.run()) for watch in watches]
    load, begun = Load(), time.perf_counter()
    chance = random.Random(7)  # noqa: S311  # no secret
    pools: list[list[Connection]] = [[] for _ in people]
    sent: list[tuple[int, float]] = []
    tasks: list[asyncio.Task[str]] = []

    async def send(who: int) -> str:
        pool = pools[who]
        connection = pool.pop() if pool else Connection(host, port, people[who].token)
        id = await say(connection, people[who])
        pool.append(connection)
        return id

    try:
        for number in range(int(per_second * seconds)):
            await asyncio.sleep(max(0.0, begun + number / per_second - time.perf_counter()))
            who = chance.randrange(len(people))
            sent.append(((who + 1) % len(people), time.perf_counter()))
            tasks.append(asyncio.create_task(send(who)))
        ids = await asyncio.gather(*tasks)
        load.seconds = time.perf_counter() - begun
        for id, (to, at) in zip(ids, sent, strict=True):
            load.delays.append(await _arrival(watches[to], watching[to], id, patience) - at)
    finally:
        for task in (*tasks, *watching):
            task.cancel()
        await asyncio.gather(*tasks, *watching, return_exceptions=True)
        for connection in (watch.connection for watch in watches):
            connection.close()
        for connection in (one for pool in pools for one in pool):
            connection.close()
    return load


async def _arrival(watch: Watch, watching: asyncio.Task[None], id: str, patience: float) -> float:
    async with asyncio.timeout(patience):
        while id not in watch.arrived:
            if watching.done():
                watching.result()  # says why it ended
            await asyncio.sleep(POLL_SECONDS)
    return watch.arrived[id]
