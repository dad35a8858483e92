"""What is known here of who is close to whom, as community tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Place:
    """A member in a circle."""

    circle_id: UUID
    member_id: UUID


@dataclass(frozen=True, slots=True)
class Pair:
    """Two members, in any order."""

    one: UUID
    other: UUID


@dataclass(frozen=True, slots=True)
class Tie:
    """Whether it holds, since when, and how new that is: the highest version is true."""

    holds: bool
    at: datetime
    version: int


class Ties(Protocol):
    """The ties of one network."""

    async def take_place(self, place: Place, tie: Tie) -> None:
        """Know this of a place from now on, unless something as new or newer is known."""
        ...

    async def take_pair(self, pair: Pair, tie: Tie) -> None:
        """Know this of a pair from now on, unless something as new or newer is known."""
        ...

    async def between(self, one: UUID, other: UUID) -> frozenset[str]:
        """Of `policy.facts.TIES`; what is not known is no tie."""
        ...

    async def forget(self, member_id: UUID) -> None:
        """Forget whatever names her."""
        ...
