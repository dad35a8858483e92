"""The WebSocket: who is let in, what she gets, and every way it can end."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import websockets
from common import errors
from common.testing.poll import until
from gateway.application.devices import DEVICES_PER_MEMBER
from gateway.application.limits import Rate, Rates
from gateway.application.news import News
from gateway.config import Outside
from gateway.entrypoints.stream import (
    MOST_REFUSED,
    PING_SECONDS,
    SILENT_SECONDS,
    SLOW_SECONDS,
    Connection,
)
from kith.messaging.v1 import messaging_pb2
from kith.messaging.v1 import messaging_service_pb2 as messaging
from structlog.testing import capture_logs
from websockets.asyncio.client import ClientConnection

from services.gateway.tests.fakes import GET_JWKS, SEND_MESSAGE
from services.gateway.tests.gateways import Gateway, running, sign_in
from services.gateway.tests.tokens import ADA, BEN, NETWORK, Issuer

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def closed_with(socket: ClientConnection) -> int:
    """The code the gateway closed with."""
    async with asyncio.timeout(60):
        await socket.wait_closed()
    return socket.close_code or 0


async def nobody_here(gateway: Gateway) -> bool:
    return not gateway.watches.present(NETWORK, [ADA, BEN])


async def test_who_authenticates_is_told_ready_and_gets_what_is_hers_in_order(
    gateway: Gateway,
) -> None:
    async with gateway.stream() as socket:
        await sign_in(gateway, socket)
        gateway.tell(BEN, "not hers")
        for number in range(20):
            gateway.tell(ADA, str(number))
        assert [await socket.recv() for _ in range(20)] == [str(number) for number in range(20)]


async def test_every_device_of_a_member_gets_the_same(gateway: Gateway) -> None:
    async with gateway.stream() as phone, gateway.stream() as laptop:
        await sign_in(gateway, phone)
        await sign_in(gateway, laptop)
        gateway.tell(ADA, "hello")
        assert await phone.recv() == await laptop.recv() == "hello"


async def test_a_socket_that_is_gone_is_forgotten(gateway: Gateway) -> None:
    async with gateway.stream() as socket:
        await sign_in(gateway, socket)
        assert gateway.watches.present(NETWORK, [ADA]) == [ADA]
    await until(lambda: nobody_here(gateway))


@pytest.mark.parametrize(
    "frame",
    [
        "", "{", "[]", "null", '{"type": "authenticate"}', '{"type": "hello", "accessToken": "a"}',
        '{"accessToken": "a"}', '{"type": "authenticate", "accessToken": 5}',
        '{"type": "authenticate", "accessToken": "a", "more": 1}', "[" * 50_000, b"\x00\x01",
        b'{"type": "authenticate", "accessToken": "a"}',
    ],
    ids=range(12),
)  # fmt: skip
async def test_a_first_frame_that_does_not_authenticate_ends_it(
    gateway: Gateway, frame: str | bytes
) -> None:
    async with gateway.stream() as socket:
        await socket.send(frame)
        assert await closed_with(socket) == 4400


@pytest.mark.parametrize("token", ["nonsense", Issuer("one").token(), Issuer("two").token()])
async def test_a_bad_token_ends_it(gateway: Gateway, token: str) -> None:
    async with gateway.stream() as socket:
        await socket.send(json.dumps({"type": "authenticate", "accessToken": token}))
        assert await closed_with(socket) == 4401


async def test_who_does_not_live_in_the_network_does_not_listen(gateway: Gateway) -> None:
    async with gateway.stream() as socket:
        token = gateway.issuer.token(roles=("sponsor_analyst",))
        await socket.send(json.dumps({"type": "authenticate", "accessToken": token}))
        assert await closed_with(socket) == 4403
    assert await nobody_here(gateway)


async def test_who_owes_a_decision_is_told_on_what(gateway: Gateway) -> None:
    async with gateway.stream() as socket:
        token = gateway.issuer.token(claims={"owes": {"service": 2}})
        await socket.send(json.dumps({"type": "authenticate", "accessToken": token}))
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (
            4451, "CONSENT_REQUIRED service 2",
        )  # fmt: skip
    assert await nobody_here(gateway)


async def test_an_expired_token_ends_it(gateway: Gateway) -> None:
    async with gateway.stream() as socket:
        token = gateway.issuer.token(seconds=-60)
        await socket.send(json.dumps({"type": "authenticate", "accessToken": token}))
        assert await closed_with(socket) == 4401


async def test_it_ends_when_the_token_does(gateway: Gateway) -> None:
    async with gateway.stream() as socket:
        await sign_in(gateway, socket, gateway.issuer.token(seconds=1.5))
        assert await closed_with(socket) == 4401
    assert await nobody_here(gateway)


async def test_who_says_nothing_for_five_seconds_is_not_waited_for(gateway: Gateway) -> None:
    async with gateway.stream() as socket:
        assert await closed_with(socket) == 4401


@pytest.mark.parametrize(
    "frame",
    ['{"type": "message", "text": "hello"}', '{"type": "send", "id": "1"}', "[]", b"\x00\x01"],
    ids=range(4),
)
async def test_what_is_none_of_the_frames_ends_it(gateway: Gateway, frame: str | bytes) -> None:
    async with gateway.stream() as socket:
        await sign_in(gateway, socket)
        await socket.send(frame)
        assert await closed_with(socket) == 4400


async def test_a_message_in_pieces_is_one(gateway: Gateway) -> None:
    async with gateway.stream() as socket:
        text = json.dumps({"type": "authenticate", "accessToken": gateway.issuer.token()})
        await socket.send(iter([text[:10], text[10:20], text[20:]]))
        assert await socket.recv() == '{"type":"ready"}'


async def test_a_newer_token_keeps_it_open(gateway: Gateway) -> None:
    async with gateway.stream() as socket:
        await sign_in(gateway, socket, gateway.issuer.token(seconds=3))
        newer = gateway.issuer.token(seconds=600)
        await socket.send(json.dumps({"type": "authenticate", "accessToken": newer}))
        assert await socket.recv() == '{"type":"authenticated"}'
        [device] = gateway.watches._by_member[NETWORK, ADA].devices
        assert device.caller.token == newer
        assert gateway.line.numbers[gateway.watches._by_member[NETWORK, ADA].number] == newer
        of_ben = gateway.issuer.token(BEN)
        await socket.send(json.dumps({"type": "authenticate", "accessToken": of_ben}))
        assert await closed_with(socket) == 4401


async def test_a_device_sends_and_is_told_what_became_of_it(gateway: Gateway) -> None:
    message = messaging_pb2.Message(id="m1", conversation_id="c", sequence=1, text="hello")
    answers: list[Any] = []
    async with gateway.stream() as socket:
        await sign_in(gateway, socket)
        for id, reply in (
            ("first", messaging.SendMessageResponse(message=message)),
            ("second", errors.NotFound("no such conversation of yours")),
        ):
            gateway.services.replies[SEND_MESSAGE] = reply
            frame = {
                "type": "send", "id": id, "conversationId": "c", "clientMessageId": "1",
                "text": "hello", "replyToSequence": 7,
            }  # fmt: skip
            await socket.send(json.dumps(frame))
            answers.append(json.loads(await socket.recv()))
        sent, refused = answers
        assert (sent["type"], sent["id"], sent["message"]["text"]) == ("sent", "first", "hello")
        assert (refused["type"], refused["id"]) == ("refused", "second")
        assert (refused["problem"]["status"], refused["problem"]["reason"]) == (404, "NOT_FOUND")
        [asked, _] = gateway.services.asked(SEND_MESSAGE)
        assert asked.request == messaging.SendMessageRequest(
            conversation_id="c", client_message_id="1", text="hello", reply_to_sequence=7
        )


async def test_who_is_writing_is_said_to_messaging(gateway: Gateway) -> None:
    async with gateway.stream() as socket:
        await sign_in(gateway, socket)
        await socket.send('{"type": "typing", "conversationId": "c"}')
        number = gateway.watches._by_member[NETWORK, ADA].number

        async def said() -> bool:
            return (number, "c") in gateway.line.said

        await until(said)


async def test_who_goes_on_sending_what_is_too_much_is_let_go() -> None:
    rates = Rates(writes=Rate(0.001, 2))
    async with running(outside=Outside(rates)) as other, other.stream() as socket:
        other.services.replies[SEND_MESSAGE] = messaging.SendMessageResponse()
        await sign_in(other, socket)
        frame = {
            "type": "send", "id": "1", "conversationId": "c", "clientMessageId": "1", "text": "Hi",
        }  # fmt: skip
        told = []
        for _ in range(2 + MOST_REFUSED):
            await socket.send(json.dumps(frame))
            told.append(json.loads(await socket.recv())["type"])
        assert told == ["sent"] * 2 + ["refused"] * MOST_REFUSED
        with capture_logs() as logs:
            await socket.send(json.dumps(frame))
            assert await closed_with(socket) == 4429
        [line] = [line for line in logs if line["event"] == "stream.flood"]
        assert line["member_id"] == str(ADA)


async def test_others_are_not_told_with_each_letter_that_somebody_writes(gateway: Gateway) -> None:
    async with gateway.stream() as socket:
        await sign_in(gateway, socket)
        for talk in ("c", "c", "d", "c"):
            await socket.send(json.dumps({"type": "typing", "conversationId": talk}))
        number = gateway.watches._by_member[NETWORK, ADA].number

        async def said() -> bool:
            mine = [talk for who, talk in gateway.line.said if who == number]
            return mine == ["c", "d", "c"]

        await until(said)


async def test_a_frame_that_is_too_large_ends_it(gateway: Gateway) -> None:
    async with gateway.stream() as socket:
        await socket.send("x" * 70_000)
        assert await closed_with(socket) == 1009


async def test_a_member_may_have_only_so_many_sockets(gateway: Gateway) -> None:
    await until(lambda: nobody_here(gateway))
    opened = [await gateway.stream() for _ in range(DEVICES_PER_MEMBER)]
    try:
        for socket in opened:
            await sign_in(gateway, socket)
        async with gateway.stream() as one_more:
            token = gateway.issuer.token()
            await one_more.send(json.dumps({"type": "authenticate", "accessToken": token}))
            assert await closed_with(one_more) == 4429
        async with gateway.stream() as of_somebody_else:
            await sign_in(gateway, of_somebody_else, gateway.issuer.token(BEN))
    finally:
        await asyncio.gather(*(socket.close() for socket in opened))


async def test_when_tokens_cannot_be_verified_it_says_to_try_again() -> None:
    async with running() as other:
        other.services.replies[GET_JWKS] = errors.Unavailable("not yet")
        async with other.stream() as socket:
            await socket.send(
                json.dumps({"type": "authenticate", "accessToken": other.issuer.token()})
            )
            assert await closed_with(socket) == 1013


async def test_there_is_no_socket_at_another_address(gateway: Gateway) -> None:
    with pytest.raises(websockets.InvalidStatus) as caught:
        await gateway.stream("/v1/elsewhere")
    assert caught.value.response.status_code == 404
    assert json.loads(caught.value.response.body or b"")["reason"] == "ROUTE_NOT_FOUND"


async def _deaf(gateway: Gateway) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A device that signs in and then does not read, with small buffers."""
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, (gateway.address.host, gateway.address.port))
    reader, writer = await asyncio.open_connection(sock=raw, limit=4096)
    writer.write(
        b"GET /v1/stream HTTP/1.1\r\nhost: kith\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
        b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    frame = json.dumps({"type": "authenticate", "accessToken": gateway.issuer.token(BEN)}).encode()
    writer.write(bytes([0x81, 0x80 | 126]) + len(frame).to_bytes(2, "big") + bytes(4) + frame)
    await reader.readexactly(2 + len('{"type":"ready"}'))
    return reader, writer


async def _next_frame(reader: asyncio.StreamReader) -> bytes:
    """The first byte and the content of the next frame."""
    head = await reader.readexactly(2)
    size = head[1]
    if size >= 126:
        size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
    return head[:1] + await reader.readexactly(size)


async def test_who_reads_too_slowly_holds_up_nobody_and_is_told_where_to_ask(
    gateway: Gateway,
) -> None:
    async with gateway.stream() as quick:
        await sign_in(gateway, quick)
        reader, writer = await _deaf(gateway)
        watch = gateway.watches._by_member[NETWORK, BEN]
        sequence = 0

        async def overflows() -> bool:
            nonlocal sequence
            gateway.tell(ADA, "tick")
            for _ in range(20):
                sequence += 1
                news = News([watch.number], "talk", b"x" * 60_000, sequence)
                gateway.watches.told(news)
            assert await quick.recv() == "tick"
            return all(device.slow for device in watch.devices)

        await until(overflows, every=0.001)
        assert all(device.missed == {"talk"} for device in watch.devices)
        async with asyncio.timeout(60):
            while not (frame := await _next_frame(reader)).startswith(b"\x81{"):
                assert frame.startswith(b"\x81x")
        behind = json.loads(frame[1:])
        assert behind == {"type": "behind", "conversationId": "talk", "lastSequence": sequence}
        writer.close()


async def test_who_never_reads_again_is_let_go(gateway: Gateway) -> None:
    await until(lambda: nobody_here(gateway))
    reader, writer = await _deaf(gateway)
    watch = gateway.watches._by_member[NETWORK, BEN]
    [device] = watch.devices

    async def overflows() -> bool:
        gateway.tell(BEN, "x" * 60_000)
        return device.slow

    await until(overflows)
    assert isinstance(device.sink, Connection)
    device.sink.look(asyncio.get_running_loop().time() + SLOW_SECONDS + 1)
    await until(lambda: nobody_here(gateway))
    async with asyncio.timeout(60):
        while await reader.read(60_000):
            pass
    writer.transport.abort()


async def test_who_does_not_answer_is_pinged_and_then_let_go(gateway: Gateway) -> None:
    await until(lambda: nobody_here(gateway))
    reader, writer = await _deaf(gateway)
    [device] = gateway.watches._by_member[NETWORK, BEN].devices
    assert isinstance(device.sink, Connection)
    now = asyncio.get_running_loop().time()
    device.sink.look(now + PING_SECONDS)
    assert (await _next_frame(reader))[0] == 0x89
    device.sink.look(now + SILENT_SECONDS + 1)
    assert int.from_bytes((await _next_frame(reader))[1:3], "big") == 4408
    writer.close()
    await until(lambda: nobody_here(gateway))


async def test_a_process_that_ends_says_so_and_leaves_nothing_behind() -> None:
    before = asyncio.all_tasks()
    async with running() as other:
        socket = await other.stream()
        await sign_in(other, socket)
        waiting = await other.stream()
    assert await closed_with(socket) == 1012
    assert await closed_with(waiting) == 1012

    async def nothing_left() -> bool:
        return not (asyncio.all_tasks() - before)

    await until(nothing_left)


async def cut_off(socket: ClientConnection) -> None:
    socket.transport.abort()


Abuse = Callable[[ClientConnection], Awaitable[Any]]
ABUSES: dict[str, Abuse] = {
    "cut off": cut_off,
    "closed": lambda socket: socket.close(1000),
    "closed with a code of its own": lambda socket: socket.close(4999, "because"),
    "text that is no text": lambda socket: socket.send(b"\xff\xff", text=True),
}


@pytest.mark.parametrize("name", ABUSES)
@pytest.mark.parametrize("signed_in", [True, False])
async def test_however_a_device_leaves_nothing_of_it_stays(
    gateway: Gateway, name: str, signed_in: bool
) -> None:
    await until(lambda: nobody_here(gateway))
    before = asyncio.all_tasks()
    socket = await gateway.stream()
    if signed_in:
        await sign_in(gateway, socket)
    await ABUSES[name](socket)
    await closed_with(socket)
    await until(lambda: nobody_here(gateway))

    async def nothing_left() -> bool:
        return not (asyncio.all_tasks() - before)

    await until(nothing_left)
