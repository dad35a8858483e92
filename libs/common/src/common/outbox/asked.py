"""Who waits until what is stored is in the log."""

from __future__ import annotations

import asyncio
from uuid import UUID

from common.ids import new_id


class Asked:
    """Questions whether all that was stored when they were asked is in the log by now."""

    def __init__(self) -> None:
        self._open: dict[asyncio.Future[None], UUID] = {}

    def __bool__(self) -> bool:
        return bool(self._open)

    def ask(self) -> asyncio.Future[None]:
        """Ends when everything that is stored now is in the log. See `drop`."""
        asked = asyncio.get_running_loop().create_future()
        self._open[asked] = new_id()
        return asked

    def drop(self, asked: asyncio.Future[None]) -> None:
        """Nobody waits for it any more."""
        self._open.pop(asked, None)

    def before(self) -> list[asyncio.Future[None]]:
        """Those that a round which begins now can answer."""
        return list(self._open)

    def answer(self, asked: list[asyncio.Future[None]], left: UUID | None) -> None:
        """A round is over. `left`: what has waited the longest and is for another relay to
        publish; whoever asked later waits for that too."""
        for one in asked:
            at = self._open.get(one)
            if at is not None and (left is None or at < left):
                del self._open[one]
                if not one.done():
                    one.set_result(None)
