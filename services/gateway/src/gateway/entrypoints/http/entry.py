"""The outermost application: sends a connection where it belongs, traces, counts, marks answers.

Plain ASGI and one pass over the headers, because every message sent comes through here.
"""

from __future__ import annotations

import time

from common import log
from common.errors import DomainError
from common.health import Health, asgi
from common.telemetry import Tracing
from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Histogram

from gateway.entrypoints.http.admission import Admission
from gateway.entrypoints.http.asgi import App, Message, Receive, Scope, Send
from gateway.entrypoints.http.conditions import refuses_if_match
from gateway.entrypoints.http.errors import ConditionUnsupported
from gateway.entrypoints.http.etags import tagged
from gateway.entrypoints.http.idempotent import Idempotent
from gateway.entrypoints.http.marks import Marks, request_id_of
from gateway.entrypoints.http.options import answer_options, answer_preflight
from gateway.entrypoints.http.problems import refusal_of, send_problem
from gateway.telemetry import REQUESTS, SECONDS

logger = log.get(__name__)
STREAM_PATH = "/v1/stream"
HEALTH_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
_READ_HERE = frozenset({
    b"traceparent", b"x-request-id", b"origin", b"idempotency-key", b"if-none-match", b"if-match",
    b"access-control-request-method",
})  # fmt: skip
_STARTS = frozenset({"http.response.start", "websocket.http.response.start"})
Sent = dict[bytes, bytes]


class Rest:
    """litestar's application with the door around it, and the stream as events."""

    def __init__(self, app: App, admission: Admission, once: Idempotent, events: App) -> None:
        self._app = app
        self._events = events
        self._admission = admission
        self._once = once

    async def __call__(self, scope: Scope, receive: Receive, send: Send, sent: Sent) -> None:
        """Answer one request with these headers. Raises DomainError for a refusal."""
        self._admission.address(scope)
        method = scope["method"]
        if method == "GET" and scope["path"] == STREAM_PATH:
            scope["path_template"] = STREAM_PATH
            await self._events(scope, receive, send)
        elif method == "GET":
            await self._app(scope, receive, tagged(send, sent.get(b"if-none-match")))
        elif method == "OPTIONS":
            await answer_options(self._app, scope, receive, send)
        elif b"if-match" in sent and refuses_if_match(method, scope["path"]):
            raise ConditionUnsupported("If-Match cannot be kept: this has no version yet")
        elif method == "POST" and b"idempotency-key" in sent:
            await self._once(scope, receive, send, sent[b"idempotency-key"])
        else:
            await self._app(scope, receive, send)


class Entry:
    """What uvicorn serves."""

    def __init__(
        self, rest: Rest, stream: App, health: Health, tracing: Tracing, marks: Marks
    ) -> None:
        self._rest = rest
        self._stream = stream
        self._health = asgi(health)
        self._tracing = tracing
        self._marks = marks
        self._counted: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        sent: Sent = {name: value for name, value in scope["headers"] if name in _READ_HERE}
        scope["request_id"] = request_id = request_id_of(sent.get(b"x-request-id"))
        scope["status"] = 500

        async def marked(message: Message) -> None:
            if message["type"] in _STARTS:
                scope["status"], scope["begun"] = message["status"], True
                headers = message["headers"]
                message["headers"] = self._marks.put(headers, sent.get(b"origin"), request_id)
            await send(message)

        if scope["type"] == "websocket":
            await self._stream(scope, receive, marked)
        elif scope["path"] in HEALTH_PATHS:
            await self._health(scope, receive, marked)
        else:
            await self._answer(scope, receive, marked, sent)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, sent: Sent) -> None:
        started = time.perf_counter()
        try:
            with self._tracing.span("HTTP", SpanKind.SERVER, _traceparent(sent)) as span:
                await self._ask(scope, receive, send, sent)
                if span.is_recording():
                    span.update_name(f"{scope['method']} {_route(scope)}")
                    span.set_attribute("http.response.status_code", scope["status"])
        finally:
            self._count(scope, scope["status"], time.perf_counter() - started)

    async def _ask(self, scope: Scope, receive: Receive, send: Send, sent: Sent) -> None:
        try:
            if self._is_preflight(scope, sent):
                await answer_preflight(send)
            else:
                await self._rest(scope, receive, send, sent)
        except Exception as error:
            if scope.get("begun"):
                _break_off(error, scope["request_id"])
                return
            if isinstance(error, DomainError):
                await send_problem(send, error, scope["request_id"])
                return
            # litestar answers its own; this is a bug of the door
            refusal = refusal_of(error, scope["request_id"])
            await send_problem(send, refusal, scope["request_id"])

    def _is_preflight(self, scope: Scope, sent: Sent) -> bool:
        asks = scope["method"] == "OPTIONS" and b"access-control-request-method" in sent
        return asks and self._marks.allows(sent.get(b"origin"))

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        key = scope["method"] if route else "", route, status
        metrics = self._counted.get(key)
        if metrics is None:
            metrics = REQUESTS.labels(*key), SECONDS.labels(route)
            self._counted[key] = metrics
        metrics[0].inc()
        metrics[1].observe(seconds)


def _break_off(error: BaseException, request_id: str) -> None:
    """Tell the log why an answer ends in the middle: uvicorn hangs up on one that is not complete,
    so that nobody takes it for whole."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    if isinstance(error, DomainError):
        logger.warning("http.broken_off", request_id=request_id, reason=error.reason)
    else:
        logger.error("http.broken_off", request_id=request_id, exc_info=error)


def _traceparent(sent: Sent) -> str | None:
    return sent.get(b"traceparent", b"").decode("latin-1") or None


def _route(scope: Scope) -> str:
    """The route that matched, without the values of its parameters; empty when none did."""
    route: str = scope.get("path_template", "")
    return route
