"""Many sockets told of the same at once: each of everything, in order."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from uuid import UUID

import pytest
from gateway.application.rush import CROWD
from websockets.asyncio.client import ClientConnection

from services.gateway.tests.pushing import CONVERSATION, World, received
from services.gateway.tests.tokens import ADA

MEMBERS = [UUID(int=ADA.int + number) for number in range(CROWD)]
MESSAGES = 30
OTHER = UUID(int=CONVERSATION.int + 1)


@pytest.mark.parametrize("size", [CROWD, 4])
async def test_a_crowd_is_told_all_in_order_also_what_is_for_one_of_them(
    world: World, size: int
) -> None:
    """Told by one piece of news, or slot by slot."""
    async with AsyncExitStack() as stack:
        devices = [await stack.enter_async_context(world.device(member)) for member in MEMBERS]
        for sequence in range(1, MESSAGES + 1):
            message = world.messages.add(CONVERSATION, sequence, "x" * 40 * sequence)
            for start in range(0, CROWD, size):
                world.instance.arrived(message, *MEMBERS[start : start + size])
            if sequence == MESSAGES // 2:  # right behind what gathers
                world.instance.arrived(world.messages.add(OTHER, 1, "for her"), ADA)
        heard = await asyncio.gather(*(told(device, MESSAGES) for device in devices[1:]))
        assert all(one == [*range(1, MESSAGES + 1)] for one in heard)
        mine = await told(devices[0], MESSAGES + 1)
        half = MESSAGES // 2
        assert mine == [*range(1, half + 1), 1, *range(half + 1, MESSAGES + 1)]


async def told(device: ClientConnection, count: int) -> list[int]:
    """The sequence numbers of the next messages."""
    return [(await received(device))["message"]["sequence"] for _ in range(count)]
