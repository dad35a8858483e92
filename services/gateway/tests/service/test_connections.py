"""Too many connections: the next is refused with an answer, and everybody else is served."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
import pytest_asyncio
import websockets
from common.testing.poll import until
from gateway.application.connections import Most
from gateway.config import Outside
from prometheus_client import REGISTRY

from services.gateway.tests.gateways import OPEN, Gateway, running

pytestmark = pytest.mark.asyncio(loop_scope="module")
HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"  # all of 127.0.0.0/8 is this machine


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def started() -> AsyncIterator[Gateway]:
    """A gateway that takes few connections."""
    async with running(outside=Outside(OPEN.rates, Most(5, 3))) as gateway:
        yield gateway


@asynccontextmanager
async def held(gateway: Gateway, address: str, count: int) -> AsyncIterator[None]:
    """So many connections of an address, which say nothing."""
    writers = []
    for _ in range(count):
        _, writer = await asyncio.open_connection(
            gateway.address.host, gateway.address.port, local_addr=(address, 0)
        )
        writers.append(writer)
    yield
    for writer in writers:
        writer.close()


async def are_open(count: int) -> None:
    async def counted() -> bool:
        return REGISTRY.get_sample_value("kith_gateway_connections") == count

    await until(counted)


async def refused(gateway: Gateway, address: str) -> str:
    """What somebody is told who only connects, until the end."""
    reader, writer = await asyncio.open_connection(
        gateway.address.host, gateway.address.port, local_addr=(address, 0)
    )
    async with asyncio.timeout(60):
        told = await reader.read()
    writer.close()
    return told.decode()


async def alive(gateway: Gateway, address: str) -> int:
    transport = httpx.AsyncHTTPTransport(local_address=address)
    async with httpx.AsyncClient(transport=transport) as client:
        return (await client.get(f"http://{gateway.address}/healthz")).status_code


async def test_one_address_has_an_end_and_others_do_not_feel_it(gateway: Gateway) -> None:
    async with held(gateway, HERE, 3):
        await are_open(3)
        head, _, body = (await refused(gateway, HERE)).partition("\r\n\r\n")
        assert head.startswith("HTTP/1.1 429 ")
        assert "retry-after: 1" in head
        assert json.loads(body)["reason"] == "TOO_MANY_CONNECTIONS"
        assert await alive(gateway, ELSEWHERE) == 200
    await are_open(0)
    assert await alive(gateway, HERE) == 200


async def test_all_together_have_an_end_too(gateway: Gateway) -> None:
    async with held(gateway, HERE, 3), held(gateway, ELSEWHERE, 2):
        await are_open(5)
        assert (await refused(gateway, "127.0.0.3")).startswith("HTTP/1.1 429 ")
    await are_open(0)


async def test_a_websocket_counts_until_it_is_closed(gateway: Gateway) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(gateway.stream())
        await are_open(3)
        with pytest.raises(websockets.InvalidStatus) as caught:
            async with gateway.stream():
                pass
        assert caught.value.response.status_code == 429
    await are_open(0)
