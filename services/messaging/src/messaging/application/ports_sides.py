"""What messaging keeps of each member's own side: seats, rules, and what ties her to others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from messaging.domain.availability import Availability
from messaging.domain.block import Block
from messaging.domain.contact import WhoMayWrite
from messaging.domain.conversation import Conversation
from messaging.domain.seat import Seat


class Seats(Protocol):
    """The seats of one network's conversations."""

    async def settled(self, conversation_id: UUID) -> bool:
        """Whether all have agreed. Once it is so it stays so: then nothing is read."""
        ...

    async def of(self, conversation_id: UUID) -> Sequence[Seat]:
        """The seats of a conversation, as they are now."""
        ...

    async def of_all(self, conversations: Sequence[Conversation]) -> Mapping[UUID, Sequence[Seat]]:
        """The seats of several, by conversation; none of those that have none."""
        ...

    async def asked(
        self, member_id: UUID, before: UUID | None, limit: int
    ) -> Sequence[tuple[UUID, Seat]]:
        """Where she is asked, latest first, each with its page token."""
        ...

    async def add(self, seat: Seat) -> bool:
        """Store it unless she has one; whether it was stored."""
        ...

    async def save(self, seat: Seat, told: Collection[UUID]) -> None:
        """Store the next version of it, and that the conversation is another now for the devices
        of these members, in one write. Raises ConcurrentUpdate, Unavailable."""
        ...


class Rules(Protocol):
    """Who may write to the members of one network."""

    async def get(self, member_id: UUID) -> WhoMayWrite:
        """Her rule; the default of who said nothing."""
        ...

    async def set(self, member_id: UUID, rule: WhoMayWrite, at: datetime) -> None:
        """It is this from now on."""
        ...


class Blocks(Protocol):
    """Who of one network does not hear whom."""

    async def of(self, member_id: UUID, others: Collection[UUID]) -> Mapping[UUID, Block]:
        """Her blocks of these, by whom; also those that have ended."""
        ...

    async def all_of(self, member_id: UUID) -> Mapping[UUID, Block]:
        """All of hers, by whom; also those that have ended."""
        ...

    async def page(
        self, member_id: UUID, before: UUID | None, limit: int
    ) -> Sequence[tuple[UUID, Block]]:
        """Her blocks that hold, latest first, each with its page token."""
        ...

    async def count(self, member_id: UUID) -> int:
        """How many she has, also of those that have ended."""
        ...

    async def save(self, block: Block) -> None:
        """Store the next version of it. Raises ConcurrentUpdate."""
        ...

    async def forget(self, member_id: UUID, blocked_id: UUID) -> None:
        """There is none of her against this member."""
        ...


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
    """The ties of one network, as far as community has told."""

    async def take_place(self, place: Place, tie: Tie) -> None:
        """Know this from now on, unless something as new or newer is known."""
        ...

    async def take_pair(self, pair: Pair, tie: Tie) -> None:
        """Know this from now on, unless something as new or newer is known."""
        ...

    async def between(self, one: UUID, other: UUID) -> Collection[str]:
        """What ties two members (`domain.contact`); what is not known is no tie."""
        ...

    async def members_in(self, circle_id: UUID, limit: int) -> Sequence[UUID]:
        """Who is in a circle, in an order that stays; also ids that are not known (yet)."""
        ...

    async def those_in(self, circle_id: UUID, member_ids: Collection[UUID]) -> set[UUID]:
        """Those of these who are in a circle."""
        ...

    async def circles_of(self, member_id: UUID) -> set[UUID]:
        """The circles she is in."""
        ...

    async def confirm(self, member_ids: Collection[UUID]) -> None:
        """These are members: what is kept of them while nobody knew is kept for good."""
        ...


class Availabilities(Protocol):
    """When the members of one network answer."""

    async def of(self, member_ids: Collection[UUID]) -> Mapping[UUID, Availability]:
        """What these said; none of those who said nothing."""
        ...

    async def set(self, member_id: UUID, availability: Availability, at: datetime) -> None:
        """It is this from now on."""
        ...


@dataclass(frozen=True, slots=True)
class Sides:
    """All of it, of one network."""

    seats: Seats
    rules: Rules
    ties: Ties
    blocks: Blocks
    availabilities: Availabilities
