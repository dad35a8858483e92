"""Who is told at once of what somebody does: nobody who does not hear her."""

from __future__ import annotations

from uuid import UUID

import pytest
from messaging.application import sides
from messaging.application.blocking import block, unblock
from messaging.application.hub import Hub, Kind, Line, News, Told
from messaging.application.looking_on import ends_of, typing_in
from messaging.application.open_conversation import open_conversation
from messaging.application.send_message import send_message
from messaging.application.tails import Tails
from messaging.domain.contact import WhoMayWrite

from services.messaging.tests.builders import (
    ADA,
    BEN,
    HOUR,
    NETWORK,
    NOW,
    a_conversation,
    a_draft,
    access_of,
)
from services.messaging.tests.fakes import FakeNetwork, a_network

TALK = a_conversation().id


async def told(line: Line) -> list[tuple[tuple[int, ...], Kind]]:
    """Who was told of what on a line; Ada is 1 and Ben is 2."""
    return [(one.numbers, one.news.kind) for one in await line.next() if isinstance(one, Told)]


async def announced(_: News) -> None:
    """Nobody is elsewhere."""


async def does(network: FakeNetwork, hub: Hub, who: UUID, *, hour: int = 0) -> None:
    """She types and sends."""
    await typing_in(network, hub, announced, TALK, who)
    draft, access = a_draft(who, at=NOW + hour * HOUR), access_of(who, "SendMessage")
    await send_message(network, Tails(), hub, access, conversation_id=TALK, draft=draft)


def looked_on() -> tuple[Hub, Line]:
    """Both look on through one line."""
    hub = Hub()
    line = hub.open()
    for number, member_id in ((1, ADA), (2, BEN)):
        hub.subscribe(line, number, (NETWORK, member_id))
    return hub, line


async def test_who_blocks_is_told_nothing_of_whom_she_blocks_until_she_does_not() -> None:
    network, (hub, line) = a_network(ADA, BEN), looked_on()
    await network.conversations.add([a_conversation()])
    await does(network, hub, BEN)
    assert await told(line) == [((1,), Kind.TYPING), ((1, 2), Kind.ARRIVED)]
    await block(network, caller=ADA, blocked=BEN, at=NOW + HOUR)
    await does(network, hub, BEN, hour=2)
    assert await told(line) == [((2,), Kind.ARRIVED)]
    await does(network, hub, ADA, hour=2)  # he is told as ever
    assert await told(line) == [((2,), Kind.TYPING), ((1, 2), Kind.ARRIVED)]
    assert await ends_of(network, ADA) == []
    assert await ends_of(network, BEN) == [(TALK, 3)]
    await unblock(network, caller=ADA, blocked=BEN, at=NOW + 3 * HOUR)
    await does(network, hub, BEN, hour=4)
    assert await told(line) == [((1,), Kind.TYPING), ((1, 2), Kind.ARRIVED)]
    assert await ends_of(network, ADA) == [(TALK, 4)]


@pytest.mark.parametrize("rule", [WhoMayWrite.NOBODY, WhoMayWrite.CIRCLES])
async def test_who_declined_or_is_shown_no_requests_is_told_nothing_of_them(
    rule: WhoMayWrite,
) -> None:
    network, (hub, line) = a_network(ADA, BEN, rule=rule), looked_on()
    await open_conversation(network, caller=BEN, peer=ADA, at=NOW)
    if rule is WhoMayWrite.CIRCLES:
        await sides.decline(network, access_of(ADA), TALK, NOW)
    await does(network, hub, BEN)
    assert await told(line) == [((2,), Kind.ARRIVED)]
    assert await ends_of(network, ADA) == []
    assert await ends_of(network, BEN) == [(TALK, 1)]
