"""Noting who is here, and telling it those who may know."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from common import log
from common.clock import Clock

from messaging.application.ports import Network
from messaging.application.shown import Shown
from messaging.domain.presence import Presence, grain_of, presence_of
from messaging.domain.seat import State

logger = log.get(__name__)
MOST_REMEMBERED = 100_000
MOST_AT_ONCE = 100
"""Notes under way in this process; beyond it who begins to look on is not noted this time."""


class Noticing:
    """Notes that a member looks on, beside what is done for her, once in ten minutes at most."""

    def __init__(self, network_of: Callable[[UUID], Network], clock: Clock) -> None:
        self._network_of = network_of
        self._clock = clock
        self._noted: dict[tuple[UUID, UUID], datetime] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    def notice(self, network_id: UUID, member_id: UUID) -> None:
        """She begins to look on. Nobody waits for it, and it may be lost."""
        now, who = self._clock.now(), (network_id, member_id)
        if self._noted.get(who) == grain_of(now) or len(self._under_way) >= MOST_AT_ONCE:
            return
        if len(self._noted) >= MOST_REMEMBERED:
            self._noted.clear()
        self._noted[who] = grain_of(now)
        work = asyncio.create_task(self._note(network_id, member_id, now), name="presence")
        self._under_way.add(work)
        work.add_done_callback(self._under_way.discard)

    async def _note(self, network_id: UUID, member_id: UUID, now: datetime) -> None:
        try:
            await self._network_of(network_id).presences.note(member_id, now)
        except Exception as error:  # a courtesy, and again in ten minutes
            logger.info("presence.note_failed", error=type(error).__name__)


async def presences(
    network: Network, reader_id: UUID, shown: Sequence[Shown], now: datetime
) -> Mapping[UUID, Presence]:
    """What the reader is told, by conversation: of open ones alone, where both show it, and neither
    blocks the other. One read; where that leaves something, one for all her blocks and one for
    each other's."""
    peers = {
        one.conversation.id: one.conversation.peers_of(reader_id)
        for one in shown
        if one.state is State.OPEN and one.conversation.is_pair
    }
    everybody = {peer for some in peers.values() for peer in some}
    if not everybody:
        return {}
    seen = await network.presences.shown({reader_id, *everybody})
    if reader_id not in seen or len(seen) == 1:
        return {}
    near = await _unblocked(network, reader_id, [peer for peer in everybody if peer in seen])
    found: dict[UUID, Presence] = {}
    for id, some in peers.items():
        times = [seen[peer] for peer in some if peer in near]
        told = presence_of(max(times), now) if times else None
        if told is not None:
            found[id] = told
    return found


async def _unblocked(network: Network, reader_id: UUID, peers: Sequence[UUID]) -> set[UUID]:
    blocks = network.sides.blocks
    hers, *theirs = await asyncio.gather(
        blocks.of(reader_id, peers), *(blocks.of(peer, [reader_id]) for peer in peers)
    )
    blocked = {peer for peer, block in hers.items() if block.holds}
    blocked |= {
        peer
        for peer, found in zip(peers, theirs, strict=True)
        if reader_id in found and found[reader_id].holds
    }
    return set(peers) - blocked
