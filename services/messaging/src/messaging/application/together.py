"""Asking for many things, some at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")
TOGETHER = 20


async def for_each(items: Sequence[Item], ask: Callable[[Item], Awaitable[Found]]) -> list[Found]:
    """What `ask` gives of each, in order; at most TOGETHER are asked for at once."""
    found: list[Found] = []
    for start in range(0, len(items), TOGETHER):
        found += await asyncio.gather(*map(ask, items[start : start + TOGETHER]))
    return found
