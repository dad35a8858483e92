"""Waiting in tests without sleeping for a guess: ask again until it is so, or time is up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def until(ask: Callable[[], Awaitable[T]], seconds: float = 20.0, every: float = 0.02) -> T:
    """The first true answer of `ask`. Raises AssertionError with the last one when time is up."""
    deadline = time.monotonic() + seconds
    while True:
        answer = await ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not so after {seconds:g} s; last answer: {answer!r}")
        await asyncio.sleep(every)
