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
from gateway.application.sockets import QUEUE_FRAMES, SOCKETS_PER_MEMBER
from websockets.asyncio.client import ClientConnection

from services.gateway.tests.fakes import GET_JWKS
from services.gateway.tests.gateways import Gateway, running, sign_in
from services.gateway.tests.tokens import ADA, BEN, NETWORK, Issuer

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def closed_with(socket: ClientConnection) -> int:
    """The code the gateway closed with."""
    async with asyncio.timeout(15):
        await socket.wait_closed()
    return socket.close_code or 0


async def nobody_here(gateway: Gateway) -> bool:
    return not gateway.sockets.present(NETWORK, [ADA, BEN])


async def test_who_authenticates_is_told_ready_and_gets_what_is_hers_in_order(
    gateway: Gateway,
) -> None:
    async with gateway.stream() as socket:
        await sign_in(gateway, socket)
        gateway.sockets.offer(NETWORK, BEN, "not hers")
        for number in range(20):
            gateway.sockets.offer(NETWORK, ADA, str(number))
        assert [await socket.recv() for _ in range(20)] == [str(number) for number in range(20)]


async def test_every_device_of_a_member_gets_the_same(gateway: Gateway) -> None:
    async with gateway.stream() as phone, gateway.stream() as laptop:
        await sign_in(gateway, phone)
        await sign_in(gateway, laptop)
        gateway.sockets.offer(NETWORK, ADA, "hello")
        assert await phone.recv() == await laptop.recv() == "hello"


async def test_a_socket_that_is_gone_is_forgotten(gateway: Gateway) -> None:
    async with gateway.stream() as socket:
        await sign_in(gateway, socket)
        assert gateway.sockets.present(NETWORK, [ADA]) == [ADA]
    await until(lambda: nobody_here(gateway))


@pytest.mark.parametrize(
    "frame",
    [
        "", "{", "[]", "null", '{"type": "authenticate"}', '{"type": "hello", "accessToken": "a"}',
        '{"accessToken": "a"}', '{"type": "authenticate", "accessToken": 5}',
        '{"type": "authenticate", "accessToken": "a", "more": 1}', "[" * 5_000, b"\x00\x01",
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


async def test_anything_said_after_the_first_frame_ends_it(gateway: Gateway) -> None:
    async with gateway.stream() as socket:
        await sign_in(gateway, socket)
        await socket.send('{"type": "message", "text": "hello"}')
        assert await closed_with(socket) == 4400


async def test_a_frame_that_is_too_large_ends_it(gateway: Gateway) -> None:
    async with gateway.stream() as socket:
        await socket.send("x" * 20_000)
        assert await closed_with(socket) == 1009


async def test_a_member_may_have_only_so_many_sockets(gateway: Gateway) -> None:
    await until(lambda: nobody_here(gateway))
    opened = [await gateway.stream() for _ in range(SOCKETS_PER_MEMBER)]
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


async def _last_frame(reader: asyncio.StreamReader) -> bytes:
    """The last frame before the end of a connection."""
    last = b""
    while head := await reader.read(2):
        size = head[1]
        if size >= 126:
            size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
        last = head[:1] + await reader.readexactly(size)
        if head[0] == 0x88:
            break
    return last


async def test_who_reads_too_slowly_is_told_so_and_holds_up_nobody(gateway: Gateway) -> None:
    async with gateway.stream() as quick:
        await sign_in(gateway, quick)
        reader, writer = await _deaf(gateway)
        frame = "x" * 60_000

        async def overflows() -> bool:
            gateway.sockets.offer(NETWORK, ADA, "tick")
            for _ in range(20):
                gateway.sockets.offer(NETWORK, BEN, frame)
            assert await quick.recv() == "tick"
            return not gateway.sockets.present(NETWORK, [BEN])

        await until(overflows, every=0.001)
        async with asyncio.timeout(20):
            last = await _last_frame(reader)
        assert last[0] == 0x88
        assert int.from_bytes(last[1:3], "big") == 4408
        writer.close()


async def test_who_never_reads_again_is_let_go(gateway: Gateway) -> None:
    await until(lambda: nobody_here(gateway))
    _, writer = await _deaf(gateway)

    async def overflows() -> bool:
        for _ in range(QUEUE_FRAMES):
            gateway.sockets.offer(NETWORK, BEN, "x" * 60_000)
        return await nobody_here(gateway)

    await until(overflows)
    writer.transport.abort()


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
