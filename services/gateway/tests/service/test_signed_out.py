"""Who is signed out is let go: her sockets are closed, and her token opens no door."""

from __future__ import annotations

from uuid import UUID

import pytest
import websockets
from common.ids import new_id
from common.kafka_producer import Producer
from common.testing.poll import until

from services.gateway.tests.pushing import (
    World,
    received,
    signs_out,
    started,
)
from services.gateway.tests.tokens import ADA, BEN


async def test_who_is_signed_out_is_let_go_at_once_and_nobody_else(world: World) -> None:
    """Her access token still runs for minutes, and opens no door any more."""
    phone, laptop = UUID(int=1), UUID(int=2)
    token = world.issuer.token(ADA, claims={"sid": str(phone)})
    other = world.issuer.token(ADA, claims={"sid": str(laptop)})
    async with world.device(ADA, claims={"sid": str(phone)}) as socket:
        await signs_out(world.producer, ADA, session=phone)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await received(socket)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (
        4401, "the session has ended; sign in again",
    )  # fmt: skip
    await until(lambda: world.refuses(token))
    assert "the session has ended" in (await world.asks(token)).json()["detail"]
    assert not await world.refuses(other)
    await signs_out(world.producer, ADA, epoch=1)
    await until(lambda: world.refuses(other))
    assert not await world.refuses(
        world.issuer.token(ADA, claims={"sid": str(new_id()), "epoch": 1})
    )
    assert not await world.refuses(world.issuer.token(BEN, claims={"sid": str(new_id())}))


async def test_what_ended_before_it_started_is_known_to_a_gateway(
    kafka: str, topic_prefix: str, topics: None, producer: Producer
) -> None:
    session = new_id()
    await signs_out(producer, ADA, session=session)
    async with started(kafka, topic_prefix, producer) as world:
        token = world.issuer.token(ADA, claims={"sid": str(session)})
        await until(lambda: world.refuses(token))
