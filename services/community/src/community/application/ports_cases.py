"""Where crisis cases are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from community.domain.case import Case, CaseDeed, State


class Cases(Protocol):
    """The crisis cases of one network."""

    async def add(self, case: Case, deed: CaseDeed) -> None:
        """Store a new case with its events in one write.

        Raises Taken if who opened it used the request id before.
        """
        ...

    async def save(self, case: Case, deed: CaseDeed) -> None:
        """Store its next version with its events in one write.

        Raises ConcurrentUpdate, or Unavailable while too many of its events wait.
        """
        ...

    async def get(self, id: UUID) -> Case | None:
        """The case, or None."""
        ...

    async def by_request(self, opened_by: UUID, request_id: str) -> Case | None:
        """The case that this request became, or None."""
        ...

    async def page(self, after: UUID | None, limit: int, state: State | None) -> Sequence[Case]:
        """Up to `limit` cases with a higher id, ascending; only those in a state unless None."""
        ...


class CasesOf(Protocol):
    """The crisis cases of all networks, each reached through its id alone."""

    def __call__(self, network_id: UUID) -> Cases:
        """Those of one network."""
        ...
