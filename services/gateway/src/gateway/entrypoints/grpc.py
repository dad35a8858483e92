"""The gRPC door: passes the streams of a few methods on, byte for byte, as fast as they are taken.

Everything around a call (token, deadline, trace, count) is the chassis's interceptor, as in any
service; the service behind verifies the token again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, NoReturn

import grpc
from common import auth, grpc_client
from common.errors import DomainError, Unavailable
from common.grpc_server import STREAM_SECONDS, Context

from gateway.adapters.clients import Channels
from gateway.adapters.watched import Status, Watched

# Who answers which method; all of them take a stream of messages and answer with one.
METHODS: Mapping[str, str] = {
    "/kith.identity.v1.AccountService/ImportAccounts": "identity",
    "/kith.messaging.v1.MessageService/ImportMessages": "messaging",
}
_DETAILS = "grpc-status-details-bin"
_NOT_OURS_TO_TELL = {
    # what grpc itself says when a service is away or broken: it may hold inner addresses
    grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED,
    grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN,
}  # fmt: skip
_UNANSWERED = {
    grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED,
}  # fmt: skip


class Door(grpc.GenericRpcHandler):
    """Handles the methods of a table; others do not exist here."""

    def __init__(self, channels: Channels, methods: Mapping[str, str] = METHODS) -> None:
        self._handlers: dict[str, Any] = {
            method: grpc.stream_unary_rpc_method_handler(_forward(channels[service], method))
            for method, service in methods.items()
        }

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """See grpc.GenericRpcHandler."""
        return self._handlers.get(handler_call_details.method)


def _forward(
    channel: grpc.aio.Channel, method: str
) -> Callable[[AsyncIterator[bytes], Context], Awaitable[bytes]]:
    ask: Any = channel.stream_unary(method)  # no (de)serialisers: bytes in, bytes out

    async def forward(contents: AsyncIterator[bytes], context: Context) -> bytes:
        remaining: Any = context.time_remaining()  # None without a deadline
        seconds = STREAM_SECONDS if remaining is None else remaining
        watched = Watched(ask)
        try:
            reply: bytes = await grpc_client.call(
                watched, contents, token=auth.current().token, seconds=seconds
            )
        except DomainError as error:
            cause = error.__cause__
            if isinstance(cause, grpc.aio.AioRpcError):
                await _pass_on(watched.status(cause), context)
            raise
        return reply

    return forward


async def _pass_on(status: Status, context: Context) -> NoReturn:
    """End the call as the service ended it, details included."""
    details = tuple(item for item in status.trailing if item[0] == _DETAILS)
    if details or status.code not in _NOT_OURS_TO_TELL:
        await context.abort(status.code, status.details, details)
    if status.code in _UNANSWERED:
        raise Unavailable("the service did not answer; try again")
    raise DomainError("internal error")
