"""Lives of processes that tell how they ended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from common.lifecycle import Lifecycle


class Life(Lifecycle):
    """Notes in which order its parts end."""

    def __init__(self) -> None:
        super().__init__()
        self._ended: list[str] = []

    @asynccontextmanager
    async def background(self, name: str, work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
        """See Lifecycle."""
        try:
            async with super().background(name, work):
                yield
        finally:
            self._ended.append(name)

    def has_told_all(self) -> bool:
        """Whether nothing was at work any more when the relay ended: what a consumer or a clockwork
        writes later waits for the next process."""
        return self._ended[-1:] == ["relay"]
