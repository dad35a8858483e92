"""Block a member, and let her be heard again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from common.errors import ConcurrentUpdate

from messaging.application.ports import Network
from messaging.domain.block import MOST_BLOCKS, Block
from messaging.domain.errors import BlocksFull, MemberNotFound

TRIES = 5


async def block(network: Network, *, caller: UUID, blocked: UUID, at: datetime) -> None:
    """The caller does not hear this member from now on, who is not told.

    Raises Invalid, MemberNotFound, BlocksFull, ConcurrentUpdate. She is looked at again after the
    write: her erasure either finds it, or it is taken back.
    """
    missing = MemberNotFound("no such member in your network", field="member_id")
    fresh = Block(caller, blocked)
    blocks = network.sides.blocks
    if await network.members.unknown([blocked]):
        raise missing
    if await blocks.count(caller) >= MOST_BLOCKS and not (await blocks.of(caller, [blocked])):
        raise BlocksFull(f"at most {MOST_BLOCKS} members are blocked", most=str(MOST_BLOCKS))
    await _change(network, fresh, lambda one: one.begin(at))
    if await network.members.unknown([blocked]):
        await blocks.forget(caller, blocked)
        raise missing


async def unblock(network: Network, *, caller: UUID, blocked: UUID, at: datetime) -> None:
    """The caller hears this member again: what she sends from now on. Where nothing is blocked
    nothing changes, and it is not told whether there is such a member.

    Raises Invalid, ConcurrentUpdate.
    """
    await _change(network, Block(caller, blocked), lambda one: one.end(at))


async def _change(network: Network, fresh: Block, change: Callable[[Block], Block]) -> None:
    blocks = network.sides.blocks
    for _ in range(TRIES):
        found = await blocks.of(fresh.member_id, [fresh.blocked_id])
        before = found.get(fresh.blocked_id, fresh)
        after = change(before)
        if after is before:
            return None
        try:
            return await blocks.save(after)
        except ConcurrentUpdate:
            continue
    raise ConcurrentUpdate("changed at the same time; try again")
