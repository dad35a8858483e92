"""Telling a device what it missed of some conversations, while nothing new of them overtakes it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence

from common import log
from common.errors import DomainError, Kind

from gateway.application.devices import Device
from gateway.telemetry import count_push

logger = log.get(__name__)
PAGE = 100
MOST_OF_ONE = 200
"""Messages of one conversation a device is told of what it missed; beyond that it pages."""
MOST_AT_ONCE = 1_000
"""And of all its conversations together."""
FETCHES = 16
RETRY_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

# Messages after a place: their sequence numbers and frames. Raises what the service answers with.
Fetch = Callable[[str, str, int, int], Awaitable[Sequence[tuple[int, bytes]]]]
# The frame that says that a conversation goes on to a place, and a device has to ask for it.
Behind = Callable[[str, int], bytes]
# The frame that says that something about a conversation changed, and a device has to ask for it.
Anew = Callable[[str], bytes]


class CatchingUp:
    """Asks for what was missed, for all devices of this process."""

    def __init__(self, fetch: Fetch, behind: Behind, anew: Anew, changes: bytes) -> None:
        """`changes` is the frame that says that what has no place may have been missed."""
        self.behind = behind
        self.anew = anew
        self.changes = changes
        self._fetch = fetch
        self._fetches = asyncio.Semaphore(FETCHES)

    def begin(self, device: Device, places: Mapping[str, int], ends: Mapping[str, int]) -> None:
        """Tell a device what follows these places, up to where the conversations end, and hold back
        what comes meanwhile."""
        if device.slow:
            device.missed.update(id for id in places if id not in device.catching)
            return
        due = {
            id: max(place, device.ahead.get(id, 0))
            for id, place in places.items()
            if id not in device.catching
        }
        if not due:
            return
        device.catching.update(due)
        task = asyncio.create_task(self._catch_up(device, due, ends))
        device.work.add(task)
        task.add_done_callback(device.work.discard)

    async def _catch_up(
        self, device: Device, places: Mapping[str, int], ends: Mapping[str, int]
    ) -> None:
        left = MOST_AT_ONCE
        for id, place in places.items():
            try:
                left -= await self._catch_one(device, id, place, ends, min(left, MOST_OF_ONE))
            finally:
                device.catching.discard(id)

    async def _catch_one(
        self, device: Device, id: str, place: int, ends: Mapping[str, int], most: int
    ) -> int:
        """How many it was told. Nothing lies between finding that it is at the end and its not
        being in `catching` any more.

        Who comes into a group is told from when she came on, so a page may begin behind the place,
        and even behind the end, if she had gone and has come back; who has gone finds nothing.
        """
        told = 0
        while place < (end := ends[id]):
            page = await self._page(device, id, place, min(most - told, PAGE))
            if page is None:
                if ends[id] > end:
                    continue  # she came back meanwhile
                device.sink.write(self.anew(id))
                return told
            if not page:
                device.sink.write(self.behind(id, ends[id]))
                return told
            for sequence, frame in page:
                if sequence > ends[id]:
                    return told  # newer than anybody was told: that comes by itself
                if device.slow:
                    device.missed.add(id)
                    return told
                device.sink.write(frame)
                place, told = sequence, told + 1
        return told

    async def _page(
        self, device: Device, id: str, place: int, size: int
    ) -> Sequence[tuple[int, bytes]] | None:
        """What follows a place; nothing where it is too much, or cannot be had; None where the
        conversation is not hers any more."""
        for seconds in itertools.chain(RETRY_SECONDS, itertools.repeat(RETRY_SECONDS[-1])):
            if size <= 0:
                break
            try:
                async with self._fetches:
                    return await self._fetch(device.caller.token, id, place, size)
            except Exception as error:
                if isinstance(error, DomainError) and error.kind is Kind.NOT_FOUND:
                    return None
                if not isinstance(error, DomainError) or error.kind is not Kind.UNAVAILABLE:
                    count_push("failed")
                    reason = error.reason if isinstance(error, DomainError) else repr(type(error))
                    logger.warning("push.failed", reason=reason, sequence=place)
                    break
            await asyncio.sleep(seconds)
        return ()
