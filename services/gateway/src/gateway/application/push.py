"""Pushing new messages to the devices that look on, in the order of each conversation.

An event says only that a message exists; its text is fetched with the token of the member it is
pushed to, so that the same policy decides here as on every other door. A push is a courtesy: what
is dropped or fails is seen as a gap in the sequence numbers, and asked for.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from common import log
from common.errors import DomainError, Kind

from gateway.application.sockets import Sockets
from gateway.telemetry import count_push

logger = log.get(__name__)
LANES = 16
LANE_LENGTH = 1_000
REMEMBERED = 1_000
RETRY_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that somebody in this process may want to see."""

    network_id: UUID
    conversation_id: UUID
    sequence: int
    member_ids: tuple[UUID, ...]


# The frame that shows the message to whoever the token belongs to, or None when there is no such
# message for her (any more). Raises the DomainError the service answered with.
Fetch = Callable[[str, Arrival], Awaitable[str | None]]


class Pusher:
    """Takes arrivals and gives each present member's sockets a frame.

    A conversation always takes the same of `lanes` lanes, which keeps its order and bounds how
    many fetches are under way.
    """

    def __init__(
        self, sockets: Sockets, fetch: Fetch, *, lanes: int = LANES,
        length: int = LANE_LENGTH, retry_seconds: Sequence[float] = RETRY_SECONDS,
    ) -> None:  # fmt: skip
        self._sockets = sockets
        self._fetch = fetch
        self._retry_seconds = retry_seconds
        self._lanes: list[asyncio.Queue[Arrival]] = [asyncio.Queue(length) for _ in range(lanes)]

    def offer(self, arrival: Arrival) -> None:
        """Take an arrival; never waits and never fails, so that no consumer stops here."""
        if not self._sockets.present(arrival.network_id, arrival.member_ids):
            return
        try:
            self._lanes[arrival.conversation_id.int % len(self._lanes)].put_nowait(arrival)
        except asyncio.QueueFull:
            count_push("dropped")

    async def run(self) -> None:
        """Push until cancelled."""
        async with asyncio.TaskGroup() as group:
            for lane in self._lanes:
                group.create_task(self._work(lane))

    async def _work(self, lane: asyncio.Queue[Arrival]) -> None:
        pushed: OrderedDict[tuple[UUID, int], None] = OrderedDict()
        while True:
            arrival = await lane.get()
            if (arrival.conversation_id, arrival.sequence) in pushed:
                continue  # the event came again
            pushed[arrival.conversation_id, arrival.sequence] = None
            if len(pushed) > REMEMBERED:
                pushed.popitem(last=False)
            for member_id in self._sockets.present(arrival.network_id, arrival.member_ids):
                await self._push(arrival, member_id)

    async def _push(self, arrival: Arrival, member_id: UUID) -> None:
        try:
            frame = await self._frame(arrival, member_id)
        except Exception as error:  # of one message for one member, and of nobody else
            count_push("failed")
            reason = error.reason if isinstance(error, DomainError) else type(error).__name__
            logger.warning("push.failed", reason=reason, sequence=arrival.sequence)
            return
        if frame is None:
            count_push("gone")
        else:
            self._sockets.offer(arrival.network_id, member_id, frame)

    async def _frame(self, arrival: Arrival, member_id: UUID) -> str | None:
        """What to show her; waits for a service that is away for as long as she is here."""
        attempt = 0
        while (token := self._sockets.token(arrival.network_id, member_id)) is not None:
            try:
                return await self._fetch(token, arrival)
            except DomainError as error:
                if error.kind is not Kind.UNAVAILABLE:
                    raise
            await asyncio.sleep(self._retry_seconds[min(attempt, len(self._retry_seconds) - 1)])
            attempt += 1
        return None
