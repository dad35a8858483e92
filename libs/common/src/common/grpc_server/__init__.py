"""The gRPC server of a service: one interceptor that authenticates, asks the policy, limits, traces
and counts, and turns errors into statuses, so that servicers only translate."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

import grpc
from grpc_health.v1 import (  # type: ignore[import-untyped]  # ships no types
    health_pb2,
    health_pb2_grpc,
)
from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Histogram

from common import auth, log
from common.config import Address
from common.errors import DomainError, Invalid, Kind, Unavailable
from common.grpc_client import REQUEST_ID
from common.grpc_client.frames import METHOD as CARRY
from common.grpc_errors import domain_of, to_status
from common.grpc_server.carrier import Carrier
from common.grpc_server.registry import Registry
from common.grpc_server.sent import bearer, text
from common.grpc_server.talks import decode_one, decoded, talk
from common.health import Health
from common.mongo import is_away
from common.service_tokens import SERVICE_TOKEN, Peers, ServiceUnauthenticated
from common.telemetry import Tracing

logger = log.get(__name__)
UNARY_SECONDS = 10.0
STREAM_SECONDS = 600.0
MAX_MESSAGE_BYTES = 8 * 1024 * 1024
DRAIN_SECONDS = 10.0

_HANDLED = Counter("kith_grpc_server_calls_total", "gRPC calls served.", ["method", "code"])
_SECONDS = Histogram(
    "kith_grpc_server_seconds", "Time to serve a gRPC call.", ["method"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip

if TYPE_CHECKING:
    Context = grpc.aio.ServicerContext[Any, Any]
else:  # generic in its stubs only
    Context = grpc.aio.ServicerContext
Behaviour = Callable[[Any, Context], Awaitable[Any]]
Audit = Callable[[auth.Access], Awaitable[None]]
# Open to all: health says nothing of anybody, and of what is carried each call is decided.
_OWN = {"/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch", CARRY}


class Interceptor(grpc.aio.ServerInterceptor):
    """Everything around a servicer's method.

    `authorize` says who may call which method. What it cannot decide at the door the servicer has
    decided with facts (`auth.Access.require`) before it answers, or its answer is kept back.
    `audit` is told of every answer to somebody signed in before it leaves; if it fails, nothing is
    shown. `peers` knows the services whose tokens are good here; without it none are.
    """

    def __init__(
        self, verifier: auth.Verifier, tracing: Tracing, authorize: auth.Authorize,
        audit: Audit | None = None, peers: Peers | None = None,
    ) -> None:  # fmt: skip
        self._verifier = verifier
        self._tracing = tracing
        self._authorize = authorize
        self._audit = audit
        self._peers = peers
        self._public: dict[str, bool] = {}  # as many as there are methods
        self._counted: dict[tuple[str, str], tuple[Counter, Histogram]] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        details: grpc.HandlerCallDetails,
    ) -> Any:
        """Wrap the method's behaviour; called once per call by grpc.

        Health and carried calls are the server's own.
        """
        handler: Any = await continuation(details)
        method = details.method
        if handler is None or method in _OWN:
            return handler
        if handler.response_streaming:
            return talk(method, handler, self._admit, _domain_error)
        # (De)serialising is done inside, so that bytes which are no message are an error like any.
        if handler.request_streaming:
            return grpc.stream_unary_rpc_method_handler(self.wrap(method, handler))
        return grpc.unary_unary_rpc_method_handler(self.wrap(method, handler))

    def wrap(self, method: str, handler: Any) -> Behaviour:
        """What serves a method: from the bytes of a request to those of a reply."""

        async def serve(request: Any, context: Context) -> Any:
            started = time.perf_counter()
            metadata = dict(context.invocation_metadata() or ())
            code = "CANCELLED"
            try:
                with self._tracing.span(method, SpanKind.SERVER, text(metadata, "traceparent")):
                    reply = await self._serve(method, handler, request, context, metadata)
                code = "OK"
                return reply
            except DomainError as error:
                code = error.kind.name
                await context.abort_with_status(to_status(error, domain_of(method)))
            finally:
                self._count(method, code, time.perf_counter() - started)

        return serve

    async def _serve(
        self, method: str, handler: Any, request: Any, context: Context, metadata: dict[str, Any]
    ) -> Any:
        try:
            async with asyncio.timeout(_seconds(handler, context)):
                access = await self._admit(method, metadata)
                reply = await _answer(handler, request, context)
                if not access.settled:
                    raise RuntimeError("answered before it was decided whether the caller may")
                if self._audit is not None and not self._public[method]:
                    await self._audit(access)
                return reply
        except (DomainError, grpc.aio.AbortError) as error:
            if getattr(error, "kind", None) is Kind.INTERNAL:
                name = text(metadata, REQUEST_ID)
                logger.error("grpc.internal_error", method=method, request_id=name, exc_info=error)
            raise
        except Exception as error:
            raise _domain_error(error, method, text(metadata, REQUEST_ID)) from error

    async def _admit(self, method: str, metadata: dict[str, Any]) -> auth.Access:
        """Who may come in. Raises Unauthenticated, and what `authorize` refuses with.

        A service token that is not good ends the call, whatever else came with it.
        """
        token = metadata.get(SERVICE_TOKEN)
        service = None if token is None else self._service(token)
        public = self._public.get(method)
        if public is None:
            public = self._public[method] = self._is_public(method)
        caller = None if public else await self._verifier.verify(bearer(metadata))
        return auth.admit(self._authorize, caller, method, service)

    def _count(self, method: str, code: str, seconds: float) -> None:
        metrics = self._counted.get((method, code))
        if metrics is None:  # looking them up costs more than counting
            metrics = _HANDLED.labels(method, code), _SECONDS.labels(method)
            self._counted[method, code] = metrics
        metrics[0].inc()
        metrics[1].observe(seconds)

    def _service(self, token: str) -> auth.Service:
        if self._peers is None:
            raise ServiceUnauthenticated("no service is known here", cause="unknown key")
        return self._peers.verify(token)

    def _is_public(self, method: str) -> bool:
        try:
            return self._authorize(None, method, None)
        except DomainError:
            return False


def _domain_error(error: Exception, method: str, request_id: str | None) -> DomainError:
    """What the caller is told of an error that is nobody's refusal; logged here, once."""
    if isinstance(error, TimeoutError):
        return Unavailable("not done in time; try again")
    if isinstance(error, UnicodeError):
        return Invalid("text is not valid UTF-8")
    if isinstance(error, ConnectionError) or is_away(error):
        kind = type(error).__name__
        logger.warning("grpc.store_unavailable", method=method, request_id=request_id, error=kind)
        return Unavailable("the store did not answer; try again")
    logger.error("grpc.internal_error", method=method, request_id=request_id, exc_info=error)
    return DomainError("internal error")


async def _answer(handler: Any, request: Any, context: Context) -> bytes:
    if handler.request_streaming:
        messages = decoded(request, handler.request_deserializer)
        reply = await handler.stream_unary(messages, context)
    else:
        message = decode_one(request, handler.request_deserializer)
        reply = await handler.unary_unary(message, context)
    content: bytes = handler.response_serializer(reply) if handler.response_serializer else reply
    return content


def _seconds(handler: Any, context: Context) -> float:
    limit = STREAM_SECONDS if handler.request_streaming else UNARY_SECONDS
    remaining: Any = context.time_remaining()  # None without a deadline, whatever the stubs say
    return limit if remaining is None else min(remaining, limit)


@asynccontextmanager
async def serve(
    listen: Address,
    interceptor: Interceptor,
    health: Health,
    register: Callable[[grpc.aio.Server], None],
) -> AsyncIterator[Address]:
    """Serve until the block ends, then drain; yields the bound address.

    `register` adds the servicers. Raises OSError when the port is taken.
    """
    server = grpc.aio.server(
        interceptors=[interceptor],
        options=[
            ("grpc.so_reuseport", 0),
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
        ],
    )
    registry = Registry(server, interceptor.wrap)
    register(cast(grpc.aio.Server, registry))
    carrier = Carrier(registry.find)
    server.add_generic_rpc_handlers((cast(grpc.GenericRpcHandler, carrier),))
    if not health.started:
        await health.grpc.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(health.grpc, server)
    try:
        port = server.add_insecure_port(str(listen))
    except RuntimeError as error:
        raise OSError(f"cannot listen on {listen}: {error}") from error
    await server.start()
    try:
        yield Address(listen.host, port)
    finally:
        carrier.leave()
        await server.stop(DRAIN_SECONDS)
