"""Outcomes' ports in memory, held to the same contract as the database (test_responses.py)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from outcomes.domain.request import Request
from outcomes.domain.response import Response


class FakeResponses:
    """Implements ports.Responses."""

    def __init__(self) -> None:
        self.made: dict[Request, Response] = {}

    async def add(self, response: Response, request: Request) -> Response:
        return self.made.setdefault(request, response)

    async def page(self, member_id: UUID, before: UUID | None, size: int) -> Sequence[Response]:
        own = [one for one in self.made.values() if one.member_id == member_id]
        older = [one for one in own if before is None or one.id < before]
        return sorted(older, key=lambda one: one.id, reverse=True)[:size]


class FakeNetworks:
    """Implements ports.Networks."""

    def __init__(self) -> None:
        self._networks: dict[UUID, FakeResponses] = {}

    def responses(self, network_id: UUID) -> FakeResponses:
        return self._networks.setdefault(network_id, FakeResponses())
