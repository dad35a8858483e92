"""What outcomes needs from the outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from outcomes.domain.request import Request
from outcomes.domain.response import Response


class Responses(Protocol):
    """The responses of one network."""

    async def add(self, response: Response, request: Request) -> Response:
        """Store a response with its events in one write, unless the request made one before; the
        one it made."""
        ...

    async def page(self, member_id: UUID, before: UUID | None, size: int) -> Sequence[Response]:
        """Up to `size` responses of a member, newest id first, beginning before `before`."""
        ...


class Networks(Protocol):
    """All networks; what belongs to one is reached through its id alone."""

    def responses(self, network_id: UUID) -> Responses:
        """The responses of one network."""
        ...
