"""What every REST handler is given: the caller, and a way to ask a service in her name."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Any, TypeVar, cast

from common import grpc_client
from common.auth import Caller
from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import InternalServerException

from gateway.adapters.clients import Services
from gateway.entrypoints.http.errors import BodyTooSlow, Disconnected

BODY_SECONDS = 10.0
Sent = TypeVar("Sent")
Answer = TypeVar("Answer")


class KithRequest(Request[Any, Caller | None, State]):
    """A request, and the services that can answer it."""

    body_seconds = BODY_SECONDS

    @property
    def services(self) -> Services:
        """The stubs of all services."""
        services: Services = self.scope["litestar_app"].state["services"]
        return services

    @property
    def client_address(self) -> str:
        """Where the client is; empty when that is not known."""
        client = self.scope.get("client")
        return public_address(client[0]) if client else ""

    async def ask(
        self, method: grpc_client.Method[Sent, Answer], message: Sent, *, address: str = ""
    ) -> Answer:
        """Call a service with the caller's own token, and from `address` if that is for it to know.

        Raises the DomainError it answered with.
        """
        caller: Caller | None = self.scope.get("auth")
        return await grpc_client.call(
            method, message, token=caller.token if caller else None, client_address=address,
            request_id=cast(str | None, self.scope.get("request_id")),
        )  # fmt: skip

    async def body(self) -> bytes:
        """The body. Raises BodyTooSlow, Disconnected, and litestar's RequestEntityTooLarge."""
        try:
            async with asyncio.timeout(self.body_seconds):
                return await super().body()
        except TimeoutError:
            raise BodyTooSlow("the body of the request did not arrive in time") from None
        except InternalServerException:
            raise Disconnected("the client went away") from None


def public_address(host: str) -> str:
    """The address if it is one of the Internet.

    Any other is a proxy's, which all clients share (or a laptop's own): saying it would slow down
    all of them for what one does.
    """
    try:
        return host if ipaddress.ip_address(host).is_global else ""
    except ValueError:
        return ""
