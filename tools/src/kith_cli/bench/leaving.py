"""How long it takes to erase a member who wrote a lot, once it begins."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from kith_cli.bench.lean import Connection
from kith_cli.bench.load import Person, say
from kith_cli.client import Kith

ITEMS = 10_000
WRITING = 20  # at once
WAIT_SECONDS = 1.0
QUICK: Mapping[str, str] = {
    "KITH_ERASURE_GRACE_SECONDS": f"{WAIT_SECONDS:g}",
    "KITH_ERASURE_SETTLE_SECONDS": f"{WAIT_SECONDS:g}",
    "KITH_ERASURE_POLL_SECONDS": "1",
}
"""What else is a week and eleven minutes of waiting on purpose, and a look every so often."""
GIVE_UP_SECONDS = 300.0


async def write(host: str, port: int, person: Person, items: int = ITEMS) -> None:
    """Have somebody send so many messages."""
    numbers = iter(range(items))

    async def some() -> None:
        connection = Connection(host, port, person.token)
        for number in numbers:
            await say(connection, person, f"erased-{number}")
        connection.close()

    await asyncio.gather(*(some() for _ in range(WRITING)))


def erase(admin: Kith, person: Person) -> float:
    """Seconds from asking until every service has erased and signed, without the waits that are
    meant: grace, and until no token works. Up to a second of it is identity's poll."""
    path = f"/v1/accounts/{person.member_id}/erasure"
    begun = time.monotonic()
    admin.put(path)
    while admin.get(path)["state"] != "finished":
        if time.monotonic() - begun > GIVE_UP_SECONDS:
            raise RuntimeError(f"an erasure was not done after {GIVE_UP_SECONDS:g} s")
        time.sleep(0.1)
    return time.monotonic() - begun - 2 * WAIT_SECONDS
