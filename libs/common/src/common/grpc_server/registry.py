"""Which servicers a server has: it is asked for them call by call, and gRPC does not tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import grpc

from common.grpc_server.carrier import Details, Serve


class Registry:
    """Adds servicers to a server, and knows what serves a unary method of theirs."""

    def __init__(self, server: grpc.aio.Server, wrap: Callable[[str, Any], Serve]) -> None:
        """`wrap` puts everything around a handler that belongs there."""
        self._server = server
        self._wrap = wrap
        self._handlers: list[Any] = []
        self._found: dict[str, Serve] = {}  # as many as there are methods

    def add_generic_rpc_handlers(self, handlers: Sequence[Any]) -> None:
        """See grpc.aio.Server."""
        self._handlers.extend(handlers)
        self._server.add_generic_rpc_handlers(handlers)

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        """See grpc.aio.Server; the same are also added as generic ones."""
        self._server.add_registered_method_handlers(service, handlers)

    def find(self, method: str) -> Serve | None:
        """What serves the method, with everything around it; None if it is not a unary one."""
        if method in self._found:
            return self._found[method]
        for handlers in self._handlers:
            handler = handlers.service(Details(method))
            if handler and not handler.request_streaming and not handler.response_streaming:
                self._found[method] = self._wrap(method, handler)
                return self._found[method]
        return None
