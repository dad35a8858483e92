"""What every REST handler is given: the caller, and a way to ask a service in her name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from common import grpc_client
from common.auth import Caller, Verifier
from common.errors import Unauthenticated
from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import InternalServerException
from litestar.handlers import BaseRouteHandler
from policy.authorize import authorize

from gateway.adapters.clients import Services
from gateway.entrypoints.http.errors import BodyTooSlow, Disconnected

Sent = TypeVar("Sent")
Answer = TypeVar("Answer")


class KithRequest(Request[Any, Caller | None, State]):
    """A request, and the services that can answer it."""

    body_seconds = 10.0

    @property
    def services(self) -> Services:
        """The stubs of all services."""
        services: Services = self.scope["litestar_app"].state["services"]
        return services

    async def ask(self, method: grpc_client.Method[Sent, Answer], message: Sent) -> Answer:
        """Call a service with the caller's own token. Raises the DomainError it answered with."""
        caller: Caller | None = self.scope.get("auth")
        return await grpc_client.call(method, message, token=caller.token if caller else None)

    async def body(self) -> bytes:
        """The body. Raises BodyTooSlow, Disconnected, and litestar's RequestEntityTooLarge."""
        try:
            async with asyncio.timeout(self.body_seconds):
                return await super().body()
        except TimeoutError:
            raise BodyTooSlow("the body of the request did not arrive in time") from None
        except InternalServerException:
            raise Disconnected("the client went away") from None


def signed_in(
    verifier: Verifier, actions: Mapping[str, str]
) -> Callable[[Request[Any, Any, Any]], Awaitable[None]]:
    """Lets in only those whose token is good and whom the policy does not refuse at the door,
    before anything else is read; services verify and decide again. `actions` are by handler name.

    A hook and not one of litestar's guards, which copy the handler at every request.
    """

    async def before(request: Request[Any, Any, Any]) -> None:
        headers = request.scope["headers"]
        header = next((value for name, value in headers if name == b"authorization"), b"")
        scheme, _, token = header.decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("an access token is needed: Authorization: Bearer …")
        caller = await verifier.verify(token)
        handler: BaseRouteHandler = request.scope["route_handler"]
        # What the policy leaves open the service decides; it refuses what is no action.
        authorize(caller, actions.get(handler.handler_name, ""))
        request.scope["auth"] = caller

    return before
