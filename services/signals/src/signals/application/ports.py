"""What signals needs from the outside to be read."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from signals.domain.days import ClosedDay
from signals.domain.state import MemberState


@dataclass(frozen=True, slots=True)
class Row:
    """The latest known of one member: her state (without event ids) and the risk it gave then."""

    member_id: UUID
    state: MemberState
    probability: float

    @property
    def rank(self) -> bytes:
        """Sorts rows by falling probability, then member id: a page can continue after it."""
        return struct.pack(">d", 1.0 - self.probability) + self.member_id.bytes


@dataclass(frozen=True, slots=True)
class Progress:
    """How far signals has come in a network; times in ms since 1970, 0 if none."""

    members: int
    activities: int
    last_activity: int


class Signals(Protocol):
    """The read model of one network."""

    async def get(self, member_id: UUID) -> Row | None:
        """A member's row; None if there is none or she does not agree to signals."""
        ...

    async def top(self, active_since: int, after: bytes, limit: int) -> Sequence[Row]:
        """Members active since a time (ms), by rank, after a rank (b"": from the start)."""
        ...

    async def course(self, member_id: UUID, after_day: int, limit: int) -> Sequence[ClosedDay]:
        """A member's closed days after a day, ascending."""
        ...

    async def last_activity(self) -> int:
        """Time (ms) of the latest activity of any member; 0 if there is none."""
        ...

    async def progress(self) -> Progress:
        """How far signals has come."""
        ...


@dataclass(frozen=True, slots=True)
class Update:
    """A member's new state, with the days that closed on the way to it."""

    network_id: UUID
    row: Row
    closed: tuple[ClosedDay, ...]

    @property
    def member_id(self) -> UUID:
        """Whose."""
        return self.row.member_id


@dataclass(frozen=True, slots=True)
class Cleared:
    """A member withdrew or left: nothing derived stays."""

    network_id: UUID
    member_id: UUID
    offset: int
    erased: bool = False  # left: not even her row stays


class Writer(Protocol):
    """Writes the read model, of all networks."""

    async def write(self, changes: Sequence[Update | Cleared]) -> None:
        """Apply changes in the order given per member; what is older than the row is ignored."""
        ...
