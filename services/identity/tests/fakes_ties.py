"""What ties members, in memory, held to the same contract as the database (test_ties_kept.py)."""

from __future__ import annotations

from uuid import UUID

from identity.application.ports_ties import Pair, Place, Tie


class FakeTies:
    """Implements ports_ties.Ties; each tie is kept under the ids of what it is of."""

    def __init__(self) -> None:
        self.all: dict[tuple[str, frozenset[UUID]], Tie] = {}

    async def take_place(self, place: Place, tie: Tie) -> None:
        self._take(("place", frozenset({place.circle_id, place.member_id})), tie)

    async def take_pair(self, pair: Pair, tie: Tie) -> None:
        self._take(("pair", frozenset({pair.one, pair.other})), tie)

    async def between(self, one: UUID, other: UUID) -> frozenset[str]:
        pair = self.all.get(("pair", frozenset({one, other})))
        connected = {"connected"} if pair and pair.holds else set()
        circle = {"circle"} if self._circles_of(one) & self._circles_of(other) else set()
        return frozenset(connected | circle)

    async def forget(self, member_id: UUID) -> None:
        self.all = {key: tie for key, tie in self.all.items() if member_id not in key[1]}

    def _take(self, key: tuple[str, frozenset[UUID]], tie: Tie) -> None:
        known = self.all.get(key)
        if known is None or known.version < tie.version:
            self.all[key] = tie

    def _circles_of(self, member_id: UUID) -> set[UUID]:
        places = [ids for (kind, ids), tie in self.all.items() if kind == "place" and tie.holds]
        return {id for ids in places if member_id in ids for id in ids - {member_id}}
