"""Identity's ports in memory, held to the same contract as the database (test_directory.py)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from common.errors import ConcurrentUpdate, Unavailable
from common.outbox import MAX_WAITING
from identity.domain.account import Account, Event, Events
from identity.domain.audit import Entry, Link, link
from identity.domain.consent import Decision
from identity.domain.credentials import handle_key
from identity.domain.deed import Done
from identity.domain.device import Device
from identity.domain.erasure import Erasure, ErasureStarted, Record
from identity.domain.errors import EmailTaken, HandleTaken, NetworkExists
from identity.domain.invite import Invite, hash_code
from identity.domain.network import Network
from identity.domain.throttle import Level

from services.identity.tests.fakes_export import FakeExports
from services.identity.tests.fakes_holds import FakeHolds
from services.identity.tests.fakes_joining import FakeMails, FakeRoster
from services.identity.tests.fakes_profile import FakeHandles, FakeProfiles
from services.identity.tests.fakes_roles import FakeAdmins
from services.identity.tests.fakes_ties import FakeTies


class FakeNetworks:
    """Implements ports.Networks."""

    def __init__(self, *networks: Network) -> None:
        self._networks = {network.id: network for network in networks}

    async def add(self, network: Network, done: Done | None = None) -> None:
        if network.id in self._networks or await self.by_slug(network.slug):
            raise NetworkExists("taken")
        self._networks[network.id] = network

    async def get(self, id: UUID) -> Network | None:
        return self._networks.get(id)

    async def by_slug(self, slug: str) -> Network | None:
        return next((one for one in self._networks.values() if one.slug == slug), None)

    async def save(self, network: Network, done: Done | None = None) -> None:
        if self._networks[network.id].version != network.version - 1:
            raise ConcurrentUpdate("changed")
        self._networks[network.id] = network


class FakeInvites:
    """Implements ports.Invites."""

    def __init__(self) -> None:
        self.all: dict[UUID, Invite] = {}

    async def add(self, invite: Invite, done: Done | None = None) -> None:
        if any(one.code_hash == invite.code_hash for one in self.all.values()):
            raise ConcurrentUpdate("there")
        self.all[invite.id] = invite

    async def by_code(self, code: str) -> Invite | None:
        return next((one for one in self.all.values() if one.code_hash == hash_code(code)), None)

    async def get(self, id: UUID) -> Invite | None:
        return self.all.get(id)

    async def page(self, after: UUID | None, size: int) -> Sequence[Invite]:
        ids = sorted(id for id in self.all if after is None or id > after)
        return [self.all[id] for id in ids[:size]]

    async def save(self, invite: Invite, done: Done | None = None) -> None:
        if self.all[invite.id].version != invite.version - 1:
            raise ConcurrentUpdate("changed")
        self.all[invite.id] = invite

    async def forget(self, account_id: UUID) -> int:
        forgotten = 0
        for invite in list(self.all.values()):
            if invite.keeps_seat_for(account_id):
                settled = invite.settle([account_id], [account_id])
                self.all[invite.id] = replace(settled, version=invite.version + 1)
                forgotten += 1
        return forgotten


class FakeErasures:
    """Implements ports.Erasures; `told` are the events in the order written."""

    def __init__(self) -> None:
        self.all: dict[UUID, Erasure] = {}
        self.told: list[tuple[Erasure, ErasureStarted]] = []
        self.deeds: list[Done] = []

    async def get(self, member_id: UUID) -> Erasure | None:
        return self.all.get(member_id)

    async def by_id(self, erasure_id: UUID) -> Erasure | None:
        return next((one for one in self.all.values() if one.id == erasure_id), None)

    async def save(self, erasure: Erasure, event: ErasureStarted | Done | None = None) -> None:
        current = self.all.get(erasure.member_id)
        if (current.version if current else 0) != erasure.version - 1:
            raise ConcurrentUpdate("changed")
        self.all[erasure.member_id] = erasure
        if isinstance(event, Done):
            self.deeds.append(event)
        elif event:
            self.told.append((erasure, event))

    async def remove(self, erasure: Erasure) -> None:
        current = self.all.get(erasure.member_id)
        if current is not None and current.id == erasure.id:
            del self.all[erasure.member_id]


class FakeRecords:
    """Implements ports.Records."""

    def __init__(self) -> None:
        self.all: dict[UUID, Record] = {}

    async def add(self, record: Record) -> None:
        self.all.setdefault(record.erasure_id, record)

    async def by_member(self, member_hash: bytes) -> Record | None:
        return next((one for one in self.all.values() if one.member_hash == member_hash), None)


class FakeAccounts:
    """Implements ports.Accounts; `told` are the events in the order written."""

    def __init__(self) -> None:
        self.all: dict[UUID, Account] = {}
        self.told: list[tuple[UUID, Event]] = []
        self._ruled_out: set[UUID] = set()

    async def add(self, account: Account, events: Events) -> None:
        if account.id in self._ruled_out:
            raise ConcurrentUpdate("given up")
        self._refuse_taken(account)
        self._store(account, events)

    async def add_many(self, created: Sequence[tuple[Account, Events]]) -> int:
        for index, (account, events) in enumerate(created):
            if set(_keys(account)) & set(self._keys()):
                return index
            self._store(account, events)
        return len(created)

    async def save(self, account: Account, events: Events) -> None:
        current = self.all.get(account.id)
        if current is None or current.version != account.version - 1:
            raise ConcurrentUpdate("changed")
        waiting = Counter(member_id for member_id, _ in self.told)[account.id]
        if events and waiting >= MAX_WAITING:
            raise Unavailable("too many events wait")
        self._store(account, events)

    async def get(self, id: UUID) -> Account | None:
        return self.all.get(id)

    async def by_email(self, email: str) -> Account | None:
        return next((one for one in self.all.values() if f"email:{email}" in _keys(one)), None)

    async def by_origin(self, source: str, external_ids: Collection[str]) -> dict[str, UUID]:
        return {
            one.origin.external_id: one.id
            for one in self.all.values()
            if one.origin and one.origin.source == source
            if one.origin.external_id in external_ids
        }

    async def page(self, after: UUID | None, size: int) -> Sequence[Account]:
        ids = sorted(id for id in self.all if after is None or id > after)
        return [self.all[id] for id in ids[:size]]

    async def waiting(self, after: UUID | None, size: int) -> Sequence[Account]:
        ids = sorted(id for id in self.all if after is None or id > after)
        found = [self.all[id] for id in ids]
        return [one for one in found if one.admission and not one.admission.declined][:size]

    async def count_waiting(self) -> int:
        return len(await self.waiting(None, len(self.all)))

    async def remove(self, id: UUID) -> bool:
        self.all.pop(id, None)
        return True

    async def rule_out(self, ids: Collection[UUID]) -> Collection[UUID]:
        there = {id for id in ids if id in self.all}
        self._ruled_out |= set(ids) - there
        return there

    def _store(self, account: Account, events: Events) -> None:
        self.all[account.id] = account
        self.told.extend((account.id, event) for event in events)

    def _refuse_taken(self, account: Account) -> None:
        taken = set(_keys(account)) & set(self._keys())
        if any(key.startswith("handle:") for key in taken):
            raise HandleTaken("taken")
        if taken:
            raise EmailTaken("taken")

    def _keys(self) -> Iterator[str]:
        for account in self.all.values():
            yield from _keys(account)


class FakeDevices:
    """Implements ports.Devices."""

    def __init__(self) -> None:
        self.all: dict[UUID, Device] = {}

    async def add(self, device: Device) -> None:
        self.all[device.id] = device

    async def get(self, id: UUID) -> Device | None:
        return self.all.get(id)

    async def of(self, member_id: UUID) -> Sequence[Device]:
        found = [one for one in self.all.values() if one.member_id == member_id]
        return sorted(found, key=lambda one: (one.used_at, one.id), reverse=True)

    async def save(self, device: Device) -> None:
        current = self.all.get(device.id)
        if current is None or current.version != device.version - 1:
            raise ConcurrentUpdate("changed")
        self.all[device.id] = device

    async def remove(self, member_id: UUID, ids: Collection[UUID]) -> None:
        for id in ids:
            if id in self.all and self.all[id].member_id == member_id:
                del self.all[id]

    async def remove_all(self, member_id: UUID) -> None:
        await self.remove(member_id, list(self.all))


class FakeAudit:
    """Implements ports.Audit."""

    def __init__(self) -> None:
        self.links: list[Link] = []

    async def append(self, entry: Entry) -> None:
        if all(found.entry.id != entry.id for found in self.links):
            self.links.append(link(self.links[-1] if self.links else None, entry))

    async def newest(self, before: int, limit: int, subject_id: UUID | None) -> Sequence[Link]:
        found = [
            one
            for one in reversed(self.links)
            if (not before or one.sequence < before)
            and (subject_id is None or subject_id in one.entry.subject_ids)
        ]
        return found[:limit]

    async def oldest(self, after: int, limit: int) -> Sequence[Link]:
        return [one for one in self.links if one.sequence > after][:limit]


class FakeConsents:
    """Implements ports.ConsentRecords."""

    def __init__(self) -> None:
        self.all: dict[UUID, tuple[UUID, Decision]] = {}

    async def add(self, member_id: UUID, decisions: Sequence[Decision]) -> None:
        for decision in decisions:
            self.all.setdefault(decision.id, (member_id, decision))

    async def get(self, member_id: UUID, id: UUID) -> Decision | None:
        return next((one for one in self._of(member_id) if one.id == id), None)

    async def by_request(self, member_id: UUID, request: bytes) -> Decision | None:
        return next((one for one in self._of(member_id) if one.request == request), None)

    async def newest(self, member_id: UUID, before: int, limit: int) -> Sequence[Decision]:
        found = [one for one in self._of(member_id) if not before or one.number < before]
        return sorted(found, key=lambda one: -one.number)[:limit]

    async def count(self, member_id: UUID) -> int:
        return len(self._of(member_id))

    async def remove_all(self, member_id: UUID) -> None:
        for decision in self._of(member_id):
            del self.all[decision.id]

    def _of(self, member_id: UUID) -> list[Decision]:
        return [decision for whose, decision in self.all.values() if whose == member_id]


class FakeDirectory:
    """Implements ports.Directory."""

    def __init__(self, *networks: Network) -> None:
        self.networks = FakeNetworks(*networks)
        self._invites: dict[UUID, FakeInvites] = {}
        self._accounts: dict[UUID, FakeAccounts] = {}
        self._erasures: dict[UUID, FakeErasures] = {}
        self._records: dict[UUID, FakeRecords] = {}
        self._devices: dict[UUID, FakeDevices] = {}
        self._audit: dict[UUID, FakeAudit] = {}
        self._profiles: dict[UUID, FakeProfiles] = {}
        self._admins: dict[UUID, FakeAdmins] = {}
        self._mails = FakeMails()
        self._rosters: dict[UUID, FakeRoster] = {}
        self._consents: dict[UUID, FakeConsents] = {}
        self._exports: dict[UUID, FakeExports] = {}
        self._holds: dict[UUID, FakeHolds] = {}
        self._ties: dict[UUID, FakeTies] = {}

    def invites(self, network_id: UUID) -> FakeInvites:
        return self._invites.setdefault(network_id, FakeInvites())

    def accounts(self, network_id: UUID) -> FakeAccounts:
        return self._accounts.setdefault(network_id, FakeAccounts())

    def erasures(self, network_id: UUID) -> FakeErasures:
        return self._erasures.setdefault(network_id, FakeErasures())

    def records(self, network_id: UUID) -> FakeRecords:
        return self._records.setdefault(network_id, FakeRecords())

    def devices(self, network_id: UUID) -> FakeDevices:
        return self._devices.setdefault(network_id, FakeDevices())

    @property
    def mails(self) -> FakeMails:
        return self._mails

    def roster(self, network_id: UUID) -> FakeRoster:
        return self._rosters.setdefault(network_id, FakeRoster(network_id))

    def audit(self, network_id: UUID) -> FakeAudit:
        return self._audit.setdefault(network_id, FakeAudit())

    def consents(self, network_id: UUID) -> FakeConsents:
        return self._consents.setdefault(network_id, FakeConsents())

    def admins(self, network_id: UUID) -> FakeAdmins:
        accounts = self.accounts(network_id).all
        return self._admins.setdefault(network_id, FakeAdmins(network_id, accounts))

    def profiles(self, network_id: UUID) -> FakeProfiles:
        return self._profiles.setdefault(network_id, FakeProfiles())

    def handles(self, network_id: UUID) -> FakeHandles:
        return FakeHandles(self.accounts(network_id).all)

    def exports(self, network_id: UUID) -> FakeExports:
        return self._exports.setdefault(network_id, FakeExports())

    def holds(self, network_id: UUID) -> FakeHolds:
        return self._holds.setdefault(network_id, FakeHolds(network_id))

    def put_holds(self, network_id: UUID, holds: FakeHolds) -> None:
        """From now on these are the network's."""
        self._holds[network_id] = holds

    def ties(self, network_id: UUID) -> FakeTies:
        return self._ties.setdefault(network_id, FakeTies())

    def put_exports(self, network_id: UUID, exports: FakeExports) -> None:
        """From now on these are the network's."""
        self._exports[network_id] = exports


class FakeLevels:
    """Implements ports.Levels; forgets nothing by itself."""

    def __init__(self) -> None:
        self.all: dict[bytes, Level] = {}

    async def get(self, key: bytes) -> Level | None:
        return self.all.get(key)

    async def put(self, key: bytes, level: Level, expires_at: datetime) -> None:
        current = self.all.get(key)
        if (current.version if current else 0) != level.version - 1:
            raise ConcurrentUpdate("changed")
        self.all[key] = level


class FakePasswords:
    """Implements ports.Passwords at no cost; `cost` are today's settings."""

    def __init__(self, cost: str = "cheap") -> None:
        self.cost = cost
        self.verified: list[str | None] = []

    async def hash(self, password: str) -> str:
        return f"{self.cost}:{password}"

    async def verify(self, password: str, hashed: str | None) -> bool:
        self.verified.append(hashed)
        return hashed is not None and hashed.partition(":")[2] == password

    def outdated(self, hashed: str) -> bool:
        return not hashed.startswith(f"{self.cost}:")


def _keys(account: Account) -> Iterator[str]:
    yield f"handle:{handle_key(account.handle)}"
    if account.credentials:
        yield f"email:{account.credentials.email}"
    if account.origin:
        yield f"origin:{account.origin}"
