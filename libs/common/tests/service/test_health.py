"""Health over HTTP: alive as long as the loop turns, ready when work would be done."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from common.config import Address
from common.errors import Unavailable
from common.health import Health, asgi, serve_http

Answer = tuple[int, dict[str, str], bytes]


async def _get(address: Address, path: str) -> Answer:
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
    content = await reader.read()
    writer.close()
    await writer.wait_closed()
    head, _, body = content.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines)
    return int(status.split()[1]), fields, body


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
async def address(health: Health) -> AsyncIterator[Address]:
    async with serve_http(asgi(health), Address("127.0.0.1", 0)) as bound:
        yield bound


async def _ready(address: Address) -> tuple[int, Any]:
    status, _, body = await _get(address, "/readyz")
    return status, json.loads(body)["problems"]


async def test_readiness_follows_the_life_of_the_process(health: Health, address: Address) -> None:
    assert await _ready(address) == (503, {"process": "starting"})
    await health.begin()
    assert await _ready(address) == (200, {})
    await health.end()
    assert await _ready(address) == (503, {"process": "stopping"})


async def test_each_part_that_is_not_ready_is_named_and_the_others_are_not(
    health: Health, address: Address
) -> None:
    async def fine() -> None:
        pass

    async def away() -> None:
        raise Unavailable("the broker does not answer")

    async def broken() -> None:
        raise KeyError("internal detail")

    await health.begin()
    for name, check in {"fine": fine, "kafka": away, "other": broken}.items():
        health.add(name, check)
    status, problems = await _ready(address)
    assert status == 503
    assert problems == {"kafka": "the broker does not answer", "other": "KeyError"}


async def test_a_check_that_hangs_is_not_ready_and_does_not_hang_the_answer(
    health: Health, address: Address
) -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    await health.begin()
    health.add("database", hang)
    assert await _ready(address) == (503, {"database": "no answer in 2 s"})


async def test_the_process_is_alive_while_a_check_fails_and_before_and_after(
    health: Health, address: Address
) -> None:
    async def fail() -> None:
        raise ConnectionError

    health.add("database", fail)
    for step in (health.begin, health.end):
        assert (await _get(address, "/healthz"))[0] == 200
        await step()
    assert (await _get(address, "/healthz"))[0] == 200


async def test_answers_are_json_and_not_kept(address: Address) -> None:
    for path in ("/healthz", "/readyz", "/elsewhere"):
        _, fields, body = await _get(address, path)
        assert fields["content-type"] == "application/json"
        assert fields["cache-control"] == "no-store"
        json.loads(body)
    assert (await _get(address, "/elsewhere"))[0] == 404


async def test_metrics_are_there_for_prometheus(address: Address) -> None:
    status, fields, body = await _get(address, "/metrics")
    assert status == 200
    assert fields["content-type"].startswith("text/plain")
    assert b"# TYPE kith_" in body or b"# TYPE python_info gauge" in body


async def test_a_port_that_is_taken_is_told(address: Address, health: Health) -> None:
    with pytest.raises(OSError, match="in use"):
        async with serve_http(asgi(health), address):
            pass


async def test_an_answer_under_way_is_finished_before_the_end() -> None:
    begun, release = asyncio.Event(), asyncio.Event()

    async def slow(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            begun.set()
            await release.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"done"})

    async def ask(address: Address) -> Answer:
        return await _get(address, "/")

    async with serve_http(slow, Address("127.0.0.1", 0)) as bound:
        asking = asyncio.create_task(ask(bound))
        await begun.wait()
        asyncio.get_running_loop().call_later(0.05, release.set)
    assert b"done" in (await asking)[2]


async def test_an_answer_that_never_ends_does_not_keep_the_process_from_ending() -> None:
    begun = asyncio.Event()

    async def stuck(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            begun.set()
            await asyncio.Event().wait()

    async with serve_http(stuck, Address("127.0.0.1", 0), timeout_graceful_shutdown=1) as bound:
        asking = asyncio.create_task(_get(bound, "/"))
        await begun.wait()
    await asyncio.gather(asking, return_exceptions=True)
