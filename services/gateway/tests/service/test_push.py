"""What is new reaches the devices that look on, over a real stream from messaging."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest
import websockets
from common import errors
from common.config import Address, ServiceConfig
from common.kafka_producer import Producer
from common.lifecycle import Lifecycle
from common.testing.poll import until
from gateway.application.connections import Most
from gateway.config import Config, Outside
from gateway.wiring import build
from google.protobuf.message import Message
from kith.messaging.v1 import delivery_service_pb2 as api
from kith.messaging.v1 import messaging_pb2
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
        world.happens(1)
        assert await received(ada) == await received(ben) == {
            "type": "message",
            "message": {
                "id": "m1", "conversationId": str(CONVERSATION), "sequence": 1, "senderId": "",
                "clientMessageId": "", "text": "text 1", "createTime": "2026-01-01T00:00:00.123Z",
                "imported": False, "withheld": False, "replyToSequence": 0, "version": 0,
                "reactions": [], "links": [],
            },
        }  # fmt: skip
    assert not world.services.asked(LIST_MESSAGES)


async def test_a_device_shows_its_own_token_and_leaves_nothing_behind(world: World) -> None:
    async with world.device(BEN), world.device(BEN):
        assert list(world.instance.subscribed) == [BEN]
        [token] = world.instance.tokens
        assert str(BEN) in str(jwt.decode(token, options={"verify_signature": False}))

    async def gone() -> bool:
        return not world.instance.subscribed

    await until(gone)


async def test_messages_come_in_order_and_each_once_whatever_was_not_told(world: World) -> None:
    async with world.device(ADA) as ada:
        for sequence in range(1, 51):
            world.happens(sequence, told=sequence % 7 != 0)
            if sequence % 10 == 0:
                world.happens(sequence)  # told twice
        world.happens(51)
        assert await sequences(ada, 51) == list(range(1, 52))


async def test_what_happens_while_a_line_is_broken_is_told_afterwards(world: World) -> None:
    async with world.device(ADA) as ada:
        world.happens(1)
        assert await sequences(ada, 1) == [1]
        world.instance.say(None)
        world.happens(2, told=False)
        world.happens(3, told=False)
        assert await received(ada) == {"type": "changes"}  # what has no place may have passed
        assert await sequences(ada, 2) == [2, 3]


async def test_a_device_that_comes_back_is_told_what_it_missed(world: World) -> None:
    for sequence in range(1, 5):
        world.happens(sequence)
    async with world.device(ADA, resume={str(CONVERSATION): 2}) as ada:
        assert await sequences(ada, 2) == [3, 4]
        async with world.device(ADA) as new:
            world.happens(5)
            assert await sequences(ada, 1) == await sequences(new, 1) == [5]


async def test_what_she_may_not_see_is_not_shown_and_stops_nothing(world: World) -> None:
    async with world.device(ADA) as ada:
        world.messages.failures += [errors.Forbidden("not hers")]
        world.happens(1, told=False)
        world.happens(2)
        frame = await received(ada)
        assert (frame["type"], frame["lastSequence"]) == ("behind", 2)
        world.happens(3)
        assert await sequences(ada, 1) == [3]


async def test_what_was_withheld_from_her_keeps_its_place_before_what_she_hears(
    world: World,
) -> None:
    async def withholding(request: Any, context: Any) -> Message:
        kept: Any = await world.messages.list(request, context)
        for message in kept.messages:
            if message.sequence == 1:
                id = message.conversation_id
                message.CopyFrom(
                    messaging_pb2.Message(conversation_id=id, sequence=1, withheld=True)
                )
        return kept  # type: ignore[no-any-return]

    world.services.replies[LIST_MESSAGES] = withholding
    async with world.device(ADA) as ada:
        world.happens(1, told=False)
        world.happens(2)
        kept = (await received(ada))["message"]
        assert (kept["sequence"], kept["withheld"], kept["text"]) == (1, True, "")
        assert "createTime" not in kept
        assert await sequences(ada, 1) == [2]


async def test_messaging_may_be_away_for_a_while(world: World) -> None:
    async with world.device(ADA) as ada:
        world.messages.failures += [errors.Unavailable("away")] * 7
        world.happens(1, told=False)
        world.happens(2)
        assert await sequences(ada, 2) == [1, 2]


async def test_a_slow_answer_about_one_conversation_does_not_hold_up_another(world: World) -> None:
    gate = asyncio.Event()
    other = UUID(int=CONVERSATION.int + 1)

    async def slow(request: Any, context: Any) -> Message:
        await gate.wait()
        return await world.messages.list(request, context)

    world.services.replies[LIST_MESSAGES] = slow
    async with world.device(ADA) as ada:
        world.happens(1, told=False)
        world.happens(2)
        world.happens(1, conversation=other)
        assert await sequences(ada, 1) == [1]
        gate.set()
        assert await sequences(ada, 2) == [1, 2]


async def test_what_else_is_new_is_told_as_it_is(world: World) -> None:
    id = str(CONVERSATION)
    message = messaging_pb2.Message(conversation_id=id, sequence=1, text="other words")
    moved = api.ReceiptMoved(member_id=str(BEN), delivered_sequence=4, read_sequence=3)
    async with world.device(ADA) as ada:
        for news in (
            api.Delivery(changed=message), api.Delivery(receipt=moved),
            api.Delivery(typing_member_id=str(BEN)), api.Delivery(conversation_changed=True),
        ):  # fmt: skip
            news.conversation_id = id
            world.instance.tell(news, ADA)
        changed = await received(ada)
        assert (changed["type"], changed["message"]["text"]) == ("changed", "other words")
        assert [await received(ada) for _ in range(3)] == [
            {"type": "receipt", "conversationId": id, "memberId": str(BEN),
             "deliveredSequence": 4, "readSequence": 3},
            {"type": "typing", "conversationId": id, "memberId": str(BEN)},
            {"type": "conversation", "conversationId": id},
        ]  # fmt: skip


async def test_while_nobody_has_her_slot_a_device_is_told_to_come_again(world: World) -> None:
    world.instance.own(0)
    with pytest.raises(websockets.ConnectionClosed) as closed:
        async with world.device(ADA):
            pass
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 1013


async def test_it_is_ready_when_it_has_had_the_keys(world: World) -> None:
    async with httpx.AsyncClient(base_url=f"http://{world.app.http}") as http:

        async def ready() -> bool:
            return (await http.get("/readyz")).status_code == 200

        await until(ready)
        world.services.replies[GET_JWKS] = errors.Unavailable("identity is away")
        assert await ready()  # who has a token can still be served


async def test_without_the_keys_it_is_not_ready(
    kafka: str, topic_prefix: str, topics: None
) -> None:
    nobody = Address("127.0.0.1", 1)
    service = ServiceConfig(
        kafka=kafka, mongodb_uri=NO_DATABASE, database_prefix="", topic_prefix=topic_prefix,
        grpc_listen=ANY_PORT, http_listen=ANY_PORT, identity=nobody, log_level="info",
        service_key=service_keys.KEYS["gateway"], service_keys=service_keys.trust(),
        traces="off",
    )  # fmt: skip
    life = Lifecycle()
    config = Config(service, nobody, nobody, nobody, nobody, nobody, OPEN, (nobody,))
    async with build(config, life) as app:
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
