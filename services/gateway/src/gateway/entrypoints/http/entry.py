"""The outermost application: sends a connection where it belongs, traces, counts, marks answers."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from common.health import Health, asgi
from common.telemetry import Tracing
from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Histogram

from gateway.telemetry import REQUESTS, SECONDS

Scope = MutableMapping[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]
HEALTH_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
_MARKS = [(b"x-content-type-options", b"nosniff")]
_UNCACHED = (b"cache-control", b"no-store")  # answers are about people


class Entry:
    """What uvicorn serves."""

    def __init__(self, rest: App, stream: App, health: Health, tracing: Tracing) -> None:
        self._rest = rest
        self._stream = stream
        self._health = asgi(health)
        self._tracing = tracing
        self._counted: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] == "websocket":
            await self._stream(scope, receive, send)
        elif scope["path"] in HEALTH_PATHS:
            await self._health(scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        status = 500

        async def marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _marked(message["headers"])
            await send(message)

        traceparent = next((v for k, v in scope["headers"] if k == b"traceparent"), b"")
        try:
            with self._tracing.span(
                "HTTP", SpanKind.SERVER, traceparent.decode("latin-1") or None
            ) as span:
                await self._rest(scope, receive, marked)
                if span.is_recording():
                    span.update_name(f"{scope['method']} {_route(scope)}")
                    span.set_attribute("http.response.status_code", status)
        finally:
            self._count(scope, status, time.perf_counter() - started)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        key = scope["method"] if route else "", route, status
        metrics = self._counted.get(key)
        if metrics is None:
            metrics = REQUESTS.labels(*key), SECONDS.labels(route)
            self._counted[key] = metrics
        metrics[0].inc()
        metrics[1].observe(seconds)


def _route(scope: Scope) -> str:
    """The route that matched, without the values of its parameters; empty when none did."""
    route: str = scope.get("path_template", "")
    return route


def _marked(headers: Any) -> list[tuple[bytes, bytes]]:
    found = [*headers, *_MARKS]
    if not any(name == b"cache-control" for name, _ in found):
        found.append(_UNCACHED)
    return found
