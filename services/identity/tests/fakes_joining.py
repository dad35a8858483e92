"""The ports of joining in memory, held to the same contract as the database (test_roster.py)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from common.errors import ConcurrentUpdate
from identity.domain.roster import Entry


class FakeRoster:
    """Implements joining_ports.Roster."""

    def __init__(self, network_id: UUID) -> None:
        self._network_id = network_id
        self.all: dict[bytes, Entry] = {}

    async def add(self, hashes: Collection[bytes], now: datetime) -> int:
        new = set(hashes) - self.all.keys()
        self.all |= {one: Entry(one, self._network_id, now) for one in new}
        return len(new)

    async def remove(self, hashes: Collection[bytes]) -> int:
        gone = [one for one in set(hashes) if one in self.all and self.all[one].open]
        for one in gone:
            del self.all[one]
        return len(gone)

    async def get(self, hash: bytes) -> Entry | None:
        return self.all.get(hash)

    async def save(self, entry: Entry) -> None:
        current = self.all.get(entry.hash)
        if current is None or current.version != entry.version - 1:
            raise ConcurrentUpdate("changed")
        self.all[entry.hash] = entry

    async def count(self) -> tuple[int, int]:
        return len(self.all), sum(one.open for one in self.all.values())

    async def forget(self, account_id: UUID) -> int:
        mine = [one for one in self.all.values() if one.taken_by == account_id]
        for one in mine:
            self.all[one.hash] = replace(
                one, taken_by=None, taken_at=None, used=True, version=one.version + 1
            )
        return len(mine)
