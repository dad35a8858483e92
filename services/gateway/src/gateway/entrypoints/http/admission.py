"""Who is let in, and how often: tokens are verified here, and the buckets asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from common import log
from common.auth import Caller, Verifier
from common.errors import Unauthenticated
from litestar import Request
from litestar.handlers import BaseRouteHandler
from policy.authorize import authorize

from gateway.application.limits import WALK_PAGE, Buckets, Limits, Rate, owner_of
from gateway.entrypoints.http.errors import RateLimited
from gateway.telemetry import Limit, count_limited

logger = log.get(__name__)
LARGEST_PAGE = 1_000  # of any route
TOLD = Rate(1 / 600, 1)  # how often the log is told of the same walker
Hook = Callable[[Request[Any, Any, Any]], Awaitable[None]]


class Admission:
    """Stands at each way in."""

    def __init__(self, verifier: Verifier, limits: Limits) -> None:
        self._verifier = verifier
        self._limits = limits
        self._told = Buckets(TOLD, limits.now)

    def address(self, scope: Any) -> None:
        """Count one request of an address. Raises RateLimited."""
        if wait := self._limits.address.take(_owner(scope)):
            raise _limited("address", "too many requests from this address", wait)

    async def caller(self, scope: Any) -> Caller:
        """Whose token the request carries, counting the request once.

        Raises Unauthenticated, RateLimited, and what fetching the keys raises.
        """
        caller: Caller | None = scope.get("auth")
        if caller is None:
            caller = await self._verifier.verify(_token(scope))
            reads = scope["method"] == "GET"
            buckets = self._limits.reads if reads else self._limits.writes
            if wait := buckets.take(caller.subject):
                limit: Limit = "reads" if reads else "writes"
                raise _limited(limit, "too many requests of this account", wait)
            scope["auth"] = caller
        return caller

    def entrance(
        self, actions: Mapping[str, str], public: Collection[str], walks: Collection[str]
    ) -> Hook:
        """Lets in only those whose token is good and whom the policy does not refuse at the door,
        before anything else is read; `actions` are by handler name.

        What is `public` (handler names) is for those who have no account yet or no token: each
        address has a few tries, then slowly. What `walks` (handler names) through other people's
        things an account may do as a person does it, and more slowly than that when it goes on.

        Services verify and decide again. A hook and not one of litestar's guards, which copy the
        handler at every request.
        """

        async def before(request: Request[Any, Any, Any]) -> None:
            handler: BaseRouteHandler = request.scope["route_handler"]
            name = handler.handler_name
            if name in public:
                self.stranger(request.scope)
                return
            caller = await self.caller(request.scope)
            # What the policy leaves open the service decides; it refuses what is no action.
            authorize(caller, actions.get(name, ""))
            if name in walks:
                self._walk(caller, request.query_params.get("pageSize", ""))

        return before

    def _walk(self, caller: Caller, page_size: str) -> None:
        """Count what is read, by the size that was asked for; what is no size is refused later."""
        size = int(page_size) if page_size.isascii() and page_size.isdigit() else 0
        size = size if size <= LARGEST_PAGE else 0
        wait = self._limits.walks.take(caller.subject, -(-size // WALK_PAGE) or 1)
        if not wait:
            return
        if not self._told.take(caller.subject):
            logger.warning(
                "door.walk_slowed", network_id=str(caller.network_id), member_id=str(caller.subject)
            )
        raise _limited("walks", "too much of what others shared was read at once", wait)

    def frame(self, caller: Caller) -> None:
        """Count what a device does over its socket as a write. Raises RateLimited."""
        if wait := self._limits.writes.take(caller.subject):
            raise _limited("writes", "too many requests of this account", wait)

    def stranger(self, scope: Any) -> None:
        """Count one try to get in, once for each request. Raises RateLimited."""
        if scope.get("counted"):
            return
        scope["counted"] = True
        if wait := self._limits.sign_in.take(_owner(scope)):
            raise _limited("sign_in", "too many tries to get in from this address", wait)


def _owner(scope: Any) -> str:
    client = scope.get("client")
    return owner_of(client[0]) if client else ""


def _token(scope: Any) -> str:
    header = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    scheme, _, token = header.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("an access token is needed: Authorization: Bearer …")
    found: str = token
    return found


def _limited(limit: Limit, message: str, wait: float) -> RateLimited:
    count_limited(limit)
    return RateLimited(message, wait)
