"""What is no HTTP, or too much of it, is refused like everything else; what says nothing leaves."""

from __future__ import annotations

import asyncio
import json
import socket
from functools import partial
from typing import Any

import pytest
import websockets
from common import health
from common.config import Address
from gateway.application.connections import Connections, Most
from gateway.entrypoints.http.protocol import HttpProtocol
from gateway.entrypoints.http.upgrade import LISTENER
from gateway.wiring import http_options
from picows import WSListener

from services.gateway.tests.gateways import OPEN, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def told(address: Address, content: bytes) -> tuple[int, dict[str, str], Any]:
    """Status, headers and JSON of what comes back when this is sent, until the end."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(content)
    async with asyncio.timeout(60):
        answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, json.loads(body)


@pytest.mark.parametrize(
    "content",
    [b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"{}\r\n\r\n"],
)
async def test_what_is_no_http_is_a_problem_too(gateway: Gateway, content: bytes) -> None:
    status, headers, problem = await told(gateway.address, content)
    assert status == 400
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"
    assert problem["reason"] == "REQUEST_MALFORMED"


async def test_a_head_without_end_is_refused(gateway: Gateway) -> None:
    content = b"GET /v1/feed HTTP/1.1\r\nhost: kith\r\n"
    content += b"".join(b"x-%d: %s\r\n" % (number, b"a" * 1_000) for number in range(40))
    status, _, problem = await told(gateway.address, content)
    assert status == 431
    assert problem["reason"] == "HEADERS_TOO_LARGE"


async def test_a_head_that_takes_too_long_is_refused() -> None:
    class Impatient(HttpProtocol):
        head_seconds = 0.05

    impatient = partial(Impatient, Connections(Most(), OPEN.is_proxy))

    async def nobody(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError("no request was complete")

    options = {**http_options(OPEN), "http": impatient}
    async with health.serve_http(nobody, Address("127.0.0.1", 0), **options) as address:
        status, _, problem = await told(address, b"GET /v1/feed HTTP/1.1\r\nhost: ki")
        assert status == 408
        assert problem["reason"] == "HEAD_TOO_SLOW"


async def test_a_connection_that_says_nothing_is_closed() -> None:
    async def nobody(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError("nothing was asked")

    options = {**http_options(OPEN), "timeout_keep_alive": 0.05}
    async with health.serve_http(nobody, Address("127.0.0.1", 0), **options) as address:
        reader, writer = await asyncio.open_connection(address.host, address.port)
        async with asyncio.timeout(60):
            assert await reader.read() == b""
        writer.close()


@pytest.mark.parametrize("after", [b"", b"\r\n", b"\r\n\r\n\r\n"])
async def test_a_connection_that_asks_nothing_more_is_closed_whatever_it_says(after: bytes) -> None:
    async def nothing(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    options = {**http_options(OPEN), "timeout_keep_alive": 0.2}
    async with health.serve_http(nothing, Address("127.0.0.1", 0), **options) as address:
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(b"GET / HTTP/1.1\r\nhost: kith\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
        writer.write(after)
        async with asyncio.timeout(60):
            assert await reader.read() == b""
        writer.close()


@pytest.mark.parametrize("asked_before", [False, True])
async def test_a_websocket_stays_open_however_long_it_is_silent(asked_before: bool) -> None:
    """It began before a connection that says nothing, and which is closed."""

    async def door(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            accepted = {"type": "websocket.accept", "headers": [], LISTENER: WSListener()}
            await send(accepted)
            return
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    options = {**http_options(OPEN), "timeout_keep_alive": 0.2}
    async with health.serve_http(door, Address("127.0.0.1", 0), **options) as address:
        with socket.create_connection((address.host, address.port)) as connection:
            if asked_before:
                connection.sendall(b"GET / HTTP/1.1\r\nhost: kith\r\n\r\n")
                connection.setblocking(False)
                loop = asyncio.get_running_loop()
                assert (await loop.sock_recv(connection, 999)).startswith(b"HTTP/1.1 204")
            url = f"ws://{address}/"
            async with websockets.connect(url, sock=connection, ping_interval=None) as device:
                reader, writer = await asyncio.open_connection(address.host, address.port)
                async with asyncio.timeout(60):
                    assert await reader.read() == b""
                writer.close()
                await asyncio.wait_for(await device.ping(), 60)


async def test_two_requests_of_one_connection_may_come_in_pieces(gateway: Gateway) -> None:
    reader, writer = await asyncio.open_connection(gateway.address.host, gateway.address.port)
    for _ in range(2):
        for piece in (b"GET /hea", b"lthz HTTP/1.1\r\nho", b"st: kith\r\n\r", b"\n"):
            writer.write(piece)
            await writer.drain()
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        await reader.readexactly(len(b'{"status": "alive"}'))
    writer.close()
