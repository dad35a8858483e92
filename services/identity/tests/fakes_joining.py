"""The ports of joining in memory, held to the same contract as the database (test_roster.py)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from common.errors import ConcurrentUpdate
from identity.domain.mail import Letter, Mail
from identity.domain.roster import Entry


class FakeMails:
    """Implements mail_ports.Mails; forgets nothing by itself."""

    def __init__(self) -> None:
        self.all: dict[UUID, Mail] = {}

    async def add(self, mail: Mail) -> datetime:
        return self.all.setdefault(mail.id, mail).made_at

    async def renew(self, mail: Mail) -> None:
        current = self.all.get(mail.id)
        if current is None:
            self.all[mail.id] = mail
        elif current.due_at:
            self.all[mail.id] = replace(mail, version=current.version + 1)

    async def due(self, now: datetime, limit: int) -> Sequence[Mail]:
        found = [(one.due_at, one) for one in self.all.values() if one.due_at]
        ready = sorted((due, one.id) for due, one in found if due <= now)
        return [self.all[id] for _, id in ready[:limit]]

    async def save(self, mail: Mail) -> None:
        current = self.all.get(mail.id)
        if current is None or current.version != mail.version - 1:
            raise ConcurrentUpdate("changed")
        self.all[mail.id] = mail

    async def drop(self, mail: Mail) -> None:
        current = self.all.get(mail.id)
        if current is None or current.version != mail.version:
            raise ConcurrentUpdate("changed")
        del self.all[mail.id]

    async def forget(self, member_id: UUID) -> int:
        mine = [one.id for one in self.all.values() if one.member_id == member_id]
        for id in mine:
            del self.all[id]
        return len(mine)


class FakePost:
    """Implements mail_ports.Post: keeps letters, or does what a test says instead."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.failures: list[Exception] = []

    async def send(self, letter: Letter) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.letters.append(letter)


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
