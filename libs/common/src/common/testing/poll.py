"""Waiting in tests without sleeping for a guess: ask again until it is so, or time is up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
MOST_REST_SECONDS = 0.3
PATIENCE_SECONDS = 120.0  # a busy machine is no failure; what fails, fails late


async def until(
    ask: Callable[[], Awaitable[T]], seconds: float = PATIENCE_SECONDS, every: float = 0.02
) -> T:
    """The first true answer of `ask`. Raises AssertionError with the last one when time is up.

    Where asking is work for the database, it rests as well: the local one, asked without a pause,
    gets to nothing else.
    """
    deadline = time.monotonic() + seconds
    while True:
        asked = time.monotonic()
        answer = await ask()
        if answer:
            return answer
        now = time.monotonic()
        if now > deadline:
            raise AssertionError(f"not so after {seconds:g} s; last answer: {answer!r}")
        await asyncio.sleep(max(every, min(2 * (now - asked), MOST_REST_SECONDS)))
