"""Compare-and-set until it fits: load, change and save again when somebody else was faster."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from common.errors import ConcurrentUpdate

T = TypeVar("T")
TRIES = 20


async def retrying(attempt: Callable[[], Awaitable[T]]) -> T:
    """The result of `attempt`, which loads anew each time. Raises ConcurrentUpdate in the end.

    Each failure means that somebody else's write succeeded, so the tries are bounded by how many
    write the same document at once.
    """
    for _ in range(TRIES - 1):
        try:
            return await attempt()
        except ConcurrentUpdate:
            continue
    return await attempt()
