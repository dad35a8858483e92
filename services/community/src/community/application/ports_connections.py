"""What connections need from the outside; each port is bound to one network."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from community.domain.connection import Connection, View


class Taken(Exception):
    """What was to be stored is in the way of something: look again, then decide."""


class Connections(Protocol):
    """What there is between members of one network, one for each pair."""

    async def get(self, id: UUID) -> Connection | None:
        """What there is, also after it ended; None if there never was anything."""
        ...

    async def save(self, before: Connection | None, after: Connection) -> None:
        """Store the next version with its event, if it has one, in one write.

        Raises Taken if it changed meanwhile.
        """
        ...

    async def page(
        self, member_id: UUID, view: View, after: UUID | None, limit: int
    ) -> Sequence[Connection]:
        """Those that the member sees so, with a higher id, ascending."""
        ...

    async def count(self, member_id: UUID, view: View) -> int:
        """How many the member sees so."""
        ...

    async def asked_since(self, member_id: UUID, since: datetime, limit: int) -> Sequence[datetime]:
        """When she asked others after that time: the last ones, newest first."""
        ...

    async def remove(self, id: UUID) -> None:
        """Keep nothing of it, as of what is with somebody who is gone."""
        ...


class Members(Protocol):
    """The members of one network, as identity told of them."""

    async def known(self, member_id: UUID) -> bool:
        """Whether she is a member, and does not leave."""
        ...

    async def add(self, member_id: UUID) -> None:
        """Know her from now on; knowing her already changes nothing."""
        ...

    async def remove(self, member_id: UUID) -> None:
        """Nobody can ask her any more."""
        ...
