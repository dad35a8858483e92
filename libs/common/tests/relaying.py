"""Relays at work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from common.outbox import Relay

from libs.common.tests.things import Things

AN_HOUR = 3_600.0
"""A grace longer than a test waits: what is published was told of, and not found by a sweep."""


@asynccontextmanager
async def running(*relays: Relay) -> AsyncIterator[None]:
    """Relays at work."""
    tasks = [asyncio.create_task(relay.run()) for relay in relays]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def none_waits(things: Things) -> bool:
    return await things.waiting() == 0
