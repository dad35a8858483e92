"""What a line says, in pieces that a server takes."""

from __future__ import annotations

from collections.abc import AsyncIterator

from gateway.adapters.lines import Line
from gateway.entrypoints.frames import news_of
from kith.messaging.v1 import delivery_service_pb2 as api

from services.gateway.tests.looking_on import watches

MOST_BYTES = 4 * 1024 * 1024
"""What a gRPC server takes unless it is told to take more."""
MEMBERS = 10_000


async def said(requests: AsyncIterator[api.DeliverRequest], count: int) -> list[api.DeliverRequest]:
    """What is said, until so many are subscribed."""
    found: list[api.DeliverRequest] = []
    while sum(len(one.subscribe) for one in found) < count:
        found.append(await anext(requests))
    return found


async def test_however_many_members_are_subscribed_at_once_each_request_is_taken() -> None:
    line = Line(watches(), news_of)
    for number in range(1, MEMBERS + 1):
        line.subscribe(number, "t" * 2_000)
    line.unsubscribe(7)
    requests = await said(line._requests(), MEMBERS - 1)
    assert max(one.ByteSize() for one in requests) < MOST_BYTES
    numbers = [one.subscription for each in requests for one in each.subscribe]
    assert sorted(numbers) == [*range(1, 7), *range(8, MEMBERS + 1)]
    assert [one.subscription for each in requests for one in each.unsubscribe] == [7]


async def test_of_several_tokens_of_a_member_the_last_is_said() -> None:
    line = Line(watches(), news_of)
    for token in ("old", "new"):
        line.subscribe(1, token)
    (request,) = await said(line._requests(), 1)
    assert [one.access_token for one in request.subscribe] == ["new"]
