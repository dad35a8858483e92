"""Calling another service: a channel that survives restarts, a deadline on every call, the
caller's token and trace handed on, errors as DomainError."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Collection, Iterable
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar, cast

import grpc

from common import log
from common.config import Address
from common.errors import DomainError, Unavailable
from common.grpc_client.carried import CarriedChannel
from common.grpc_client.vouched import AUTHORIZATION, vouched
from common.grpc_errors import from_rpc_error
from common.service_tokens import CLIENT_ADDRESS, ServiceUnauthenticated, Vouch
from common.telemetry import current_traceparent

logger = log.get(__name__)
Request = TypeVar("Request", contravariant=True)
Reply = TypeVar("Reply", covariant=True)
DEADLINE_SECONDS = 5.0
REQUEST_ID = "x-request-id"
_OPTIONS: tuple[tuple[str, Any], ...] = (
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.max_receive_message_length", 8 * 1024 * 1024),
    ("grpc.use_local_subchannel_pool", 1),  # or a new channel inherits another's waiting to connect
)


class Method(Protocol[Request, Reply]):
    """A method of a generated stub that takes one message or a stream and returns one message."""

    def __call__(
        self, request: Request, /, *, timeout: float | None, metadata: Any
    ) -> Awaitable[Reply]: ...


@asynccontextmanager
async def connect(
    address: Address, retried: Collection[str] = (), carried: Iterable[str] = (),
    vouch: Vouch | None = None,
) -> AsyncIterator[grpc.aio.Channel]:  # fmt: skip
    """A channel to a service.

    `retried` are full service names (`kith.messaging.v1.MessageService`) or `service/Method`
    whose unary calls may be repeated when the service is away: only what is idempotent.
    `carried` are `service/Method` of unary methods that are called so often that their calls share
    one stream. `vouch` signs for the calls that are in no member's name
    (`common.service_tokens.Peers.vouch`); without it they are nobody's.
    """
    policy = {
        "maxAttempts": 5, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }  # fmt: skip
    names = [_name(entry) for entry in retried]
    config = {"methodConfig": [{"name": names, "retryPolicy": policy}]} if names else {}
    options = [*_OPTIONS, ("grpc.service_config", json.dumps(config))]
    async with grpc.aio.insecure_channel(str(address), options=options) as channel:
        if not (methods := frozenset(f"/{name}" for name in carried)):
            yield vouched(channel, vouch) if vouch else channel
            return
        repeated = {method for method in methods if _is_named(method, retried)}
        async with CarriedChannel(channel, methods, repeated) as both:
            yield vouched(both, vouch) if vouch else both


async def call(
    method: Method[Request, Reply], request: Request, *, token: str | None = None,
    seconds: float = DEADLINE_SECONDS, request_id: str | None = None, client_address: str = "",
) -> Reply:  # fmt: skip
    """Call `method` within `seconds`; `request` is a message or an async iterable of messages.

    `request_id` is what the service shall call this request in its log; `client_address` is for a
    door that knows where its own client is, and says so (on a channel that vouches for it). Raises
    the DomainError the service answered with, or what the iterable raised; Unavailable where it is
    our own service token that was refused, which is no fault of whom we ask for.
    """
    metadata: list[tuple[str, str]] = []
    if token is not None:
        metadata.append((AUTHORIZATION, f"Bearer {token}"))
    if client_address:
        metadata.append((CLIENT_ADDRESS, client_address))
    if (traceparent := current_traceparent()) is not None:
        metadata.append(("traceparent", traceparent))
    if request_id is not None:
        metadata.append((REQUEST_ID, request_id))
    source = _Source(request) if isinstance(request, AsyncIterable) else None
    sent = request if source is None else cast(Request, source)
    try:
        return await method(sent, timeout=seconds, metadata=metadata)
    except (grpc.aio.AioRpcError, asyncio.CancelledError) as error:
        if source is not None and source.error is not None:
            raise source.error from None  # grpc says only that it cancelled the call
        if isinstance(error, grpc.aio.AioRpcError):
            raise _told(from_rpc_error(error)) from error
        raise


def _told(refusal: DomainError) -> DomainError:
    if refusal.reason != ServiceUnauthenticated.reason:
        return refusal
    logger.error("grpc_client.service_token_refused", cause=refusal.metadata.get("cause", ""))
    return Unavailable("the service did not answer; try again")


class _Source:
    """The messages of a request, and what went wrong in making them, which grpc does not tell."""

    def __init__(self, messages: AsyncIterable[Any]) -> None:
        self._messages = messages
        self.error: Exception | None = None

    async def __aiter__(self) -> AsyncIterator[Any]:
        try:
            async for message in self._messages:
                yield message
        except Exception as error:
            self.error = error
            raise


def _is_named(method: str, entries: Collection[str]) -> bool:
    """Whether `/service/Method` is one of the entries, or of a service that is."""
    service = method.strip("/").partition("/")[0]
    return method.strip("/") in entries or service in entries


def _name(entry: str) -> dict[str, str]:
    service, _, method = entry.partition("/")
    return {"service": service, "method": method} if method else {"service": service}
