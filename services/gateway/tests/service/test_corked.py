"""Answers leave in one piece, and a reader that does not read is felt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import uvloop
from common.config import Address
from common.health import serve_http
from gateway.application.connections import Connections, Most
from gateway.entrypoints.http.protocol import HttpProtocol

from services.gateway.tests.gateways import OPEN

App = Callable[[Any, Any, Any], Awaitable[None]]
ANY_PORT = Address("127.0.0.1", 0)
ASK = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
CHUNK = b"x" * 64 * 1024


@asynccontextmanager
async def asked(app: App) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection on which one request was sent."""
    http = partial(HttpProtocol, Connections(Most(), OPEN.is_proxy))
    async with (
        asyncio.timeout(60),  # the runner below keeps signals from pytest-timeout
        serve_http(app, ANY_PORT, http=http, lifespan="off") as address,
    ):
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(ASK)
        try:
            yield reader, writer
        finally:
            writer.close()


async def in_two_writes(scope: Any, receive: Any, send: Any) -> None:
    headers = [(b"content-length", b"5")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello"})


async def test_head_and_body_arrive_in_one_piece() -> None:
    async with asked(in_two_writes) as (reader, _):
        first = await reader.read(10_000)
    assert first.endswith(b"\r\n\r\nhello")


async def test_what_is_asked_together_is_answered_in_order() -> None:
    async with asked(in_two_writes) as (reader, writer):
        writer.write(ASK * 4)
        answers = b""
        while answers.count(b"hello") < 5:
            answers += await reader.read(10_000)
    assert answers.count(b"HTTP/1.1 200") == 5


def test_a_writer_waits_for_a_reader_that_does_not_read() -> None:
    """On the event loop of production: asyncio's own pauses at another time."""
    chunks = 400

    async def look() -> tuple[bool, int]:
        finished = asyncio.Event()

        async def long(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(chunks):
                await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
            finished.set()

        async with asked(long) as (reader, _):
            waiting = asyncio.create_task(finished.wait())
            await asyncio.wait([waiting], timeout=1)  # the reader holds a little, and no more
            too_early = waiting.done()
            received = 0
            while not waiting.done():
                received += len(await reader.read(2**20))
            return too_early, received

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        too_early, received = runner.run(look())
    assert not too_early
    assert received > chunks * len(CHUNK) / 2
