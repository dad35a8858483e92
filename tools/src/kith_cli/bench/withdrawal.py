"""How long it takes until a withdrawal has taken effect everywhere, while others go on writing.

The clock starts when the request is sent. It stops when nothing of hers can be read any more, and
when the stream has replaced her state by the 18 bytes that say that she withdrew, whichever is
later: from then on nothing is computed of her, and what was computed is gone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer

from kith_cli.bench.lean import Connection, Status
from kith_cli.bench.load import Person, say

STATES = "signals.state.v1-members-changelog"
WITHOUT_CONSENT = 18  # bytes of a state; see signals.domain.codec
AT_ONCE = 4
GIVE_UP_SECONDS = 30.0
POLL_SECONDS = 0.005


class Changelog:
    """When each member's state was seen to be gone."""

    def __init__(self) -> None:
        self.gone: dict[str, float] = {}

    async def follow(self, consumer: AIOKafkaConsumer) -> None:
        """Read for ever."""
        async for record in consumer:
            if record.value is not None and len(record.value) == WITHOUT_CONSENT:
                self.gone[record.key.decode()] = time.perf_counter()


async def withdrawals(
    host: str, port: int, kafka: str, people: Sequence[Person], rounds: int
) -> list[float]:
    """Everybody agrees, acts and withdraws so many times; the seconds each withdrawal took."""
    seconds: list[float] = []
    free = asyncio.Semaphore(AT_ONCE)
    async with _following(kafka) as changelog:

        async def live(person: Person) -> None:
            connection = Connection(host, port, person.token)
            for number in range(rounds):
                async with free:
                    await _agree(connection, person, f"withdrawal-{number}")
                    seconds.append(await _withdraw(connection, person, changelog))
            connection.close()

        await asyncio.gather(*(live(person) for person in people))
    return seconds


@asynccontextmanager
async def _following(kafka: str) -> AsyncIterator[Changelog]:
    changelog = Changelog()
    consumer = AIOKafkaConsumer(STATES, bootstrap_servers=kafka, fetch_max_wait_ms=20)
    await consumer.start()
    task = asyncio.create_task(changelog.follow(consumer))
    try:
        await consumer.seek_to_end()
        yield changelog
    finally:
        task.cancel()
        await consumer.stop()


async def _agree(connection: Connection, person: Person, name: str) -> None:
    """Until there is a signal that rests on something she did."""
    await connection.request("PUT", "/v1/consents/signals", {"granted": True})
    await say(connection, person, f"{name}-{time.perf_counter()}")
    await _until_status(connection, 200)


async def _withdraw(connection: Connection, person: Person, changelog: Changelog) -> float:
    changelog.gone.pop(person.member_id, None)
    begun = time.perf_counter()
    await connection.request("PUT", "/v1/consents/signals", {"granted": False})
    await _until_status(connection, 404)
    unread = time.perf_counter()
    while person.member_id not in changelog.gone:
        if time.perf_counter() - begun > GIVE_UP_SECONDS:
            raise RuntimeError(f"a state was there {GIVE_UP_SECONDS:g} s after a withdrawal")
        await asyncio.sleep(POLL_SECONDS)
    return max(unread, changelog.gone[person.member_id]) - begun


async def _until_status(connection: Connection, wanted: int) -> None:
    deadline = time.perf_counter() + GIVE_UP_SECONDS
    while time.perf_counter() < deadline:
        try:
            await connection.request("GET", "/v1/signals/me")
            status = 200
        except Status as refused:
            status = refused.status
        if status == wanted:
            return
        await asyncio.sleep(POLL_SECONDS)
    raise RuntimeError(f"/v1/signals/me was not {wanted} after {GIVE_UP_SECONDS:g} s")
