"""The ports of members' own sides in memory, held to the same contract as the database
(test_sides_contract.py)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from common.errors import ConcurrentUpdate
from common.ids import new_id
from messaging.application.ports_sides import Pair, Place, Sides, Tie
from messaging.domain.availability import Availability
from messaging.domain.block import Block
from messaging.domain.contact import CONNECTED, DEFAULT, IN_CIRCLE, WhoMayWrite
from messaging.domain.conversation import Conversation
from messaging.domain.seat import Seat, Standing


class FakeSeats:
    """Implements ports_sides.Seats."""

    def __init__(self) -> None:
        self.all: dict[tuple[UUID, UUID], Seat] = {}
        self.told: list[set[UUID]] = []
        self._made: dict[tuple[UUID, UUID], UUID] = {}

    async def settled(self, conversation_id: UUID) -> bool:
        return all(seat.agreed for seat in await self.of(conversation_id))

    async def of(self, conversation_id: UUID) -> Sequence[Seat]:
        return [seat for seat in self.all.values() if seat.conversation_id == conversation_id]

    async def of_all(self, conversations: Sequence[Conversation]) -> Mapping[UUID, Sequence[Seat]]:
        found = {one.id: await self.of(one.id) for one in conversations}
        return {id: seats for id, seats in found.items() if seats}

    async def asked(
        self, member_id: UUID, before: UUID | None, limit: int
    ) -> Sequence[tuple[UUID, Seat]]:
        hers = [
            (self._made[key], seat)
            for key, seat in self.all.items()
            if seat.member_id == member_id and seat.standing is Standing.ASKED
        ]
        older = [item for item in hers if before is None or item[0] < before]
        return sorted(older, key=lambda item: item[0], reverse=True)[:limit]

    async def add(self, seat: Seat) -> bool:
        key = seat.conversation_id, seat.member_id
        if key in self.all:
            return False
        self.all[key] = seat
        self._made[key] = new_id()
        return True

    async def save(self, seat: Seat, told: Collection[UUID]) -> None:
        key = seat.conversation_id, seat.member_id
        before = self.all.get(key)
        if seat.version != (before.version if before is not None else 0) + 1:
            raise ConcurrentUpdate("changed meanwhile")
        self.all[key] = seat
        self.told.append(set(told))
        self._made.setdefault(key, new_id())


class FakeRules:
    """Implements ports_sides.Rules."""

    def __init__(self, default: WhoMayWrite = DEFAULT) -> None:
        self.all: dict[UUID, WhoMayWrite] = {}
        self._default = default

    async def get(self, member_id: UUID) -> WhoMayWrite:
        return self.all.get(member_id, self._default)

    async def set(self, member_id: UUID, rule: WhoMayWrite, at: datetime) -> None:
        self.all[member_id] = rule


class FakeTies:
    """Implements ports_sides.Ties."""

    def __init__(self) -> None:
        self.places: dict[tuple[UUID, UUID], Tie] = {}
        self.pairs: dict[frozenset[UUID], Tie] = {}

    async def take_place(self, place: Place, tie: Tie) -> None:
        key = place.circle_id, place.member_id
        if key not in self.places or self.places[key].version < tie.version:
            self.places[key] = tie

    async def take_pair(self, pair: Pair, tie: Tie) -> None:
        key = frozenset((pair.one, pair.other))
        if key not in self.pairs or self.pairs[key].version < tie.version:
            self.pairs[key] = tie

    async def between(self, one: UUID, other: UUID) -> Collection[str]:
        pair = self.pairs.get(frozenset((one, other)))
        connected = {CONNECTED} if pair is not None and pair.holds else set()
        shared = await self.circles_of(one) & await self.circles_of(other)
        return connected | ({IN_CIRCLE} if shared else set())

    async def confirm(self, member_ids: Collection[UUID]) -> None:
        return None

    async def members_in(self, circle_id: UUID, limit: int) -> Sequence[UUID]:
        inside = (key[1] for key, tie in self.places.items() if key[0] == circle_id and tie.holds)
        return sorted(inside)[:limit]

    async def those_in(self, circle_id: UUID, member_ids: Collection[UUID]) -> set[UUID]:
        found = {key[1] for key, tie in self.places.items() if key[0] == circle_id and tie.holds}
        return found & set(member_ids)

    async def circles_of(self, member_id: UUID) -> set[UUID]:
        return {key[0] for key, tie in self.places.items() if key[1] == member_id and tie.holds}


class FakeBlocks:
    """Implements ports_sides.Blocks."""

    def __init__(self) -> None:
        self.all: dict[tuple[UUID, UUID], Block] = {}
        self._made: dict[tuple[UUID, UUID], UUID] = {}

    async def of(self, member_id: UUID, others: Collection[UUID]) -> Mapping[UUID, Block]:
        return {
            other: self.all[member_id, other] for other in others if (member_id, other) in self.all
        }

    async def all_of(self, member_id: UUID) -> Mapping[UUID, Block]:
        return {key[1]: block for key, block in self.all.items() if key[0] == member_id}

    async def page(
        self, member_id: UUID, before: UUID | None, limit: int
    ) -> Sequence[tuple[UUID, Block]]:
        hers = [
            (self._made[key], block)
            for key, block in self.all.items()
            if key[0] == member_id and block.holds
        ]
        older = [item for item in hers if before is None or item[0] < before]
        return sorted(older, key=lambda item: item[0], reverse=True)[:limit]

    async def count(self, member_id: UUID) -> int:
        return len([key for key in self.all if key[0] == member_id])

    async def save(self, block: Block) -> None:
        key = block.member_id, block.blocked_id
        before = self.all.get(key)
        if block.version != (before.version if before is not None else 0) + 1:
            raise ConcurrentUpdate("changed meanwhile")
        self.all[key] = block
        self._made[key] = new_id()

    async def forget(self, member_id: UUID, blocked_id: UUID) -> None:
        self.all.pop((member_id, blocked_id), None)


class FakeAvailabilities:
    """Implements ports_sides.Availabilities."""

    def __init__(self) -> None:
        self.all: dict[UUID, Availability] = {}

    async def of(self, member_ids: Collection[UUID]) -> Mapping[UUID, Availability]:
        return {id: self.all[id] for id in member_ids if id in self.all}

    async def set(self, member_id: UUID, availability: Availability, at: datetime) -> None:
        self.all[member_id] = availability


def fake_sides(rule: WhoMayWrite = DEFAULT) -> Sides:
    """Nobody said or decided anything; `rule` is that of who said nothing."""
    return Sides(FakeSeats(), FakeRules(rule), FakeTies(), FakeBlocks(), FakeAvailabilities())
