"""New messages reach the devices that look on, over a real broker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest
from common import errors
from common.config import Address, ServiceConfig
from common.ids import new_id
from common.kafka_producer import Producer
from common.lifecycle import Lifecycle
from common.testing.poll import until
from common.testing.pytest_plugin import CreateTopics
from gateway.application.connections import Most
from gateway.config import Config, Outside
from gateway.wiring import build
from google.protobuf.message import Message
from kith.messaging.events.v1 import messaging_events_pb2 as events
from prometheus_client import REGISTRY
from websockets.asyncio.client import ClientConnection

from libs.common.tests import service_keys
from services.gateway.tests.fakes import (
    GET_JWKS,
    LIST_MESSAGES,
)
from services.gateway.tests.pushing import (
    ANY_PORT,
    CONVERSATION,
    NO_DATABASE,
    OPEN,
    TOPIC,
    World,
    received,
    started,
)
from services.gateway.tests.tokens import ADA, BEN


async def sequences(socket: ClientConnection, count: int) -> list[int]:
    """The sequence numbers of the next messages."""
    return [(await received(socket))["message"]["sequence"] for _ in range(count)]


async def test_both_sides_of_a_conversation_see_a_new_message_as_rest_shows_it(
    world: World,
) -> None:
    async with world.device(ADA) as ada, world.device(BEN) as ben:
        await world.happens(1)
        assert await received(ada) == await received(ben) == {
            "type": "message",
            "message": {
                "id": "m1", "conversationId": str(CONVERSATION), "sequence": 1, "senderId": "",
                "clientMessageId": "", "text": "text 1", "createTime": "2026-01-01T00:00:00.123Z",
                "imported": False, "replyToSequence": 0, "version": 0, "reactions": [],
            },
        }  # fmt: skip


async def test_the_text_is_fetched_once_for_each_member_and_in_her_name(world: World) -> None:
    async with world.device(BEN) as phone, world.device(BEN) as laptop:
        await world.happens(7)
        assert await received(phone) == await received(laptop)
    [call] = world.services.asked(LIST_MESSAGES)
    assert str(BEN) in str(_claims(call.token))


def _claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


async def test_nothing_is_fetched_for_those_who_do_not_look_on(world: World) -> None:
    stranger = new_id()
    async with world.device(stranger) as socket:
        await world.happens(1)
        await world.happens(2, network=new_id(), recipient=stranger)
        await world.happens(3, recipient=stranger)
        assert await sequences(socket, 1) == [3]
    assert len(world.services.asked(LIST_MESSAGES)) == 1


async def test_history_from_elsewhere_is_not_news(world: World) -> None:
    async with world.device(ADA) as ada:
        await world.happens(1, imported=True)
        await world.happens(2)
        assert await sequences(ada, 1) == [2]


async def test_messages_of_a_conversation_come_in_order_and_each_once(world: World) -> None:
    async with world.device(ADA) as ada:
        for sequence in range(1, 51):
            await world.happens(sequence)
            if sequence % 10 == 0:
                await world.happens(sequence)  # told twice
        await world.happens(51)
        assert await sequences(ada, 51) == list(range(1, 52))


async def test_a_device_that_comes_later_sees_only_what_comes_later(world: World) -> None:
    async with world.device(BEN) as ben:
        await world.happens(1)
        assert await sequences(ben, 1) == [1]
        async with world.device(ADA) as ada:
            await world.happens(2)
            assert await sequences(ada, 1) == [2]


async def test_a_message_she_may_not_see_is_not_shown_and_stops_nothing(world: World) -> None:
    failures: dict[int, Exception] = {
        1: errors.NotFound("no such conversation"), 2: errors.Forbidden("not hers"),
        3: RuntimeError("a bug in messaging"), 4: errors.Unauthenticated("expired"),
    }  # fmt: skip

    async def choosy(request: Any, context: Any) -> Message:
        if failure := failures.get(request.before_sequence - 1):
            raise failure
        return await world.messages.list(request, context)

    world.services.replies[LIST_MESSAGES] = choosy
    async with world.device(ADA) as ada:
        for sequence in range(1, 6):
            await world.happens(sequence)
        assert await sequences(ada, 1) == [5]


async def test_messaging_may_be_away_for_a_while(world: World) -> None:
    async with world.device(ADA) as ada:
        world.messages.failures += [errors.Unavailable("away")] * 12
        await world.happens(1)
        await world.happens(2)
        assert await sequences(ada, 2) == [1, 2]


async def test_a_slow_fetch_of_one_conversation_does_not_hold_up_another(world: World) -> None:
    gate = asyncio.Event()
    other = UUID(int=CONVERSATION.int + 1)

    async def slow(request: Any, context: Any) -> Message:
        if request.conversation_id == str(CONVERSATION):
            await gate.wait()
        return await world.messages.list(request, context)

    world.services.replies[LIST_MESSAGES] = slow
    async with world.device(ADA) as ada:
        await world.happens(1)
        await world.happens(9, conversation=other)
        assert await sequences(ada, 1) == [9]
        gate.set()
        assert await sequences(ada, 1) == [1]


async def test_records_nobody_can_read_are_passed_by(world: World) -> None:
    async with world.device(ADA) as ada:
        await world.publish(b"\xff\xff\xff")
        await world.publish(events.MessageSent(network_id="no uuid").SerializeToString())
        await world.happens(1)
        assert await sequences(ada, 1) == [1]


async def test_many_records_nobody_can_read_do_not_close_the_door(world: World) -> None:
    async with world.device(ADA) as ada:
        for _ in range(20):
            await world.publish(b"\xff\xff\xff")
        sequence = 0

        async def heard_again() -> bool:
            nonlocal sequence
            sequence += 1
            await world.happens(sequence)
            try:
                async with asyncio.timeout(0.2):
                    await ada.recv()
            except TimeoutError:
                return False
            return True

        await until(heard_again)


async def test_it_is_ready_when_it_can_push_and_has_had_the_keys(world: World) -> None:
    async with httpx.AsyncClient(base_url=f"http://{world.app.http}") as http:

        async def ready() -> bool:
            return (await http.get("/readyz")).status_code == 200

        await until(ready)
        world.services.replies[GET_JWKS] = errors.Unavailable("identity is away")
        assert await ready()  # who has a token can still be served


async def test_without_the_keys_it_is_not_ready(
    kafka: str, topic_prefix: str, create_topics: CreateTopics
) -> None:
    await create_topics(TOPIC)
    nobody = Address("127.0.0.1", 1)
    service = ServiceConfig(
        kafka=kafka, mongodb_uri=NO_DATABASE, database_prefix="", topic_prefix=topic_prefix,
        grpc_listen=ANY_PORT, http_listen=ANY_PORT, identity=nobody, log_level="info",
        service_key=service_keys.KEYS["gateway"], service_keys=service_keys.trust(),
        traces="off",
    )  # fmt: skip
    life = Lifecycle()
    async with build(Config(service, nobody, nobody, nobody, nobody, nobody, OPEN), life) as app:
        await life.health.begin()
        async with httpx.AsyncClient(base_url=f"http://{app.http}") as http:
            answer = await http.get("/readyz")
            assert answer.status_code == 503
            assert "keys" in answer.json()["problems"]
            assert (await http.get("/healthz")).status_code == 200
            assert (await http.get("/v1/feed")).status_code == 401


async def test_a_door_that_is_full_is_alive_where_probes_ask(
    kafka: str, topic_prefix: str, producer: Producer, topics: None,
    unused_tcp_port_factory: Callable[[], int],
) -> None:  # fmt: skip
    inside = Address("127.0.0.1", unused_tcp_port_factory())
    outside = Outside(connections=Most(1, 1))

    async def full() -> bool:
        return REGISTRY.get_sample_value("kith_gateway_connections") == 1

    async with started(kafka, topic_prefix, producer, outside, inside) as world:
        _, writer = await asyncio.open_connection(world.app.http.host, world.app.http.port)
        await until(full)
        async with httpx.AsyncClient() as client:
            with pytest.raises((httpx.TransportError, httpx.HTTPStatusError)):
                (await client.get(f"http://{world.app.http}/healthz")).raise_for_status()
            for page in ("healthz", "metrics"):
                assert (await client.get(f"http://{inside}/{page}")).status_code == 200
        writer.close()
