"""Health of a process: alive, ready, and its metrics, over HTTP and as grpc.health.v1.

`/healthz` says the event loop turns and never asks Kafka or the database; `/readyz` says that
work sent here now would be done; `/metrics` is for Prometheus.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from grpc_health.v1 import health_pb2  # type: ignore[import-untyped]  # ships no types
from grpc_health.v1.health import (  # type: ignore[import-untyped]  # ships no types
    aio as grpc_health,
)
from prometheus_client import make_asgi_app

from common.config import Address
from common.errors import DomainError

Check = Callable[[], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
CHECK_TIMEOUT = 2.0
DRAIN_SECONDS = 10


class Health:
    """What is checked before this process calls itself ready."""

    def __init__(self) -> None:
        self.started = False
        self.stopping = False
        self.grpc = grpc_health.HealthServicer()
        self._checks: dict[str, Check] = {}

    def add(self, name: str, check: Check) -> None:
        """Ask `check` on each readiness request; it raises when its part is not ready."""
        self._checks[name] = check

    async def problems(self) -> Mapping[str, str]:
        """What keeps this process from being ready, by part; empty when it is ready."""
        if not self.started:
            return {"process": "starting"}
        if self.stopping:
            return {"process": "stopping"}
        results = await asyncio.gather(*(self._ask(check) for check in self._checks.values()))
        return {name: text for name, text in zip(self._checks, results, strict=True) if text}

    async def begin(self) -> None:
        """Say ready from now on."""
        self.started = True
        await self.grpc.set("", health_pb2.HealthCheckResponse.SERVING)

    async def end(self) -> None:
        """Say not ready from now on, so that no new work is sent here."""
        self.stopping = True
        await self.grpc.enter_graceful_shutdown()

    async def _ask(self, check: Check) -> str:
        try:
            async with asyncio.timeout(CHECK_TIMEOUT):
                await check()
        except TimeoutError:
            return f"no answer in {CHECK_TIMEOUT:g} s"
        except DomainError as error:
            return error.message
        except Exception as error:  # any failure at all means not ready
            return type(error).__name__
        return ""


def asgi(health: Health) -> Callable[..., Awaitable[None]]:
    """The HTTP face of `health` as an ASGI application."""
    metrics = make_asgi_app()

    async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == "/metrics":
            await metrics(scope, receive, send)
        elif scope["path"] == "/healthz":
            await _answer(send, 200, {"status": "alive"})
        elif scope["path"] == "/readyz":
            problems = await health.problems()
            body = {"status": "not ready" if problems else "ready", "problems": dict(problems)}
            await _answer(send, 503 if problems else 200, body)
        else:
            await _answer(send, 404, {"status": "not found"})

    return app


@asynccontextmanager
async def serve_http(app: Any, listen: Address, **options: Any) -> AsyncIterator[Address]:
    """Serve an ASGI application with uvicorn until the block ends; yields the bound address.

    `options` are uvicorn's. What is being answered at the end has DRAIN_SECONDS to finish.
    Raises OSError when the port is taken.
    """
    options = {"timeout_graceful_shutdown": DRAIN_SECONDS, **options}
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((listen.host, listen.port))
        config = uvicorn.Config(app, log_config=None, access_log=False, **options)
        server = _Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]), name="http")
        try:
            await _started(server, task)
            yield Address(listen.host, listener.getsockname()[1])
        finally:
            server.should_exit = True
            await task


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the life cycle is ours."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signal handlers alone."""
        yield


async def _started(server: uvicorn.Server, task: asyncio.Task[None]) -> None:
    while not server.started:
        if task.done():
            await task
            raise OSError("the HTTP server did not start")
        await asyncio.sleep(0.005)


async def _answer(send: Send, status: int, body: Mapping[str, object]) -> None:
    content = json.dumps(body).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
