"""What identity needs from the outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from identity.application.consent_records import ConsentRecords
from identity.application.export_ports import Exports
from identity.application.joining_ports import Roster
from identity.application.mail_ports import Mails
from identity.application.ports_holds import HoldBook
from identity.application.ports_profile import Handles, Profiles
from identity.application.ports_roles import Admins
from identity.application.ports_ties import Ties
from identity.domain.account import Account, Events
from identity.domain.audit import Entry, Link
from identity.domain.deed import Done
from identity.domain.device import Device
from identity.domain.erasure import Erasure, ErasureStarted, Record
from identity.domain.invite import Invite
from identity.domain.network import Network
from identity.domain.throttle import Level


class Networks(Protocol):
    """All networks of the platform."""

    async def add(self, network: Network, done: Done | None = None) -> None:
        """Store a new network, with who opened it, in one write.

        Raises NetworkExists when the slug is taken.
        """
        ...

    async def get(self, id: UUID) -> Network | None:
        """The network, or None."""
        ...

    async def by_slug(self, slug: str) -> Network | None:
        """The network of that name, or None."""
        ...

    async def save(self, network: Network, done: Done | None = None) -> None:
        """Store its next version, with who changed it, in one write.

        Raises ConcurrentUpdate when that is not the next any more, or Unavailable while too many
        of its changes wait to be told.
        """
        ...


class Invites(Protocol):
    """The invites of one network."""

    async def add(self, invite: Invite, done: Done | None = None) -> None:
        """Store a new invite, with who made it, in one write.

        Raises ConcurrentUpdate when there is one with its code.
        """
        ...

    async def by_code(self, code: str) -> Invite | None:
        """The invite with this code, or None."""
        ...

    async def get(self, id: UUID) -> Invite | None:
        """The invite, or None."""
        ...

    async def page(self, after: UUID | None, size: int) -> Sequence[Invite]:
        """Up to `size` invites, oldest id first, beginning after `after`."""
        ...

    async def save(self, invite: Invite, done: Done | None = None) -> None:
        """Store its next version, with who did what, in one write.

        Raises ConcurrentUpdate when that is not the next any more.
        """
        ...

    async def forget(self, account_id: UUID) -> int:
        """Count the seats kept for an account as used and forget whose; how many there were."""
        ...


class Erasures(Protocol):
    """The erasures of one network that are not finished, one per member."""

    async def get(self, member_id: UUID) -> Erasure | None:
        """The member's erasure, or None."""
        ...

    async def by_id(self, erasure_id: UUID) -> Erasure | None:
        """The erasure, or None: it was never there, or is finished."""
        ...

    async def save(self, erasure: Erasure, event: ErasureStarted | Done | None = None) -> None:
        """Store its next version, the first too, with its event or who did it.

        Raises ConcurrentUpdate.
        """
        ...

    async def remove(self, erasure: Erasure) -> None:
        """Delete it; it is finished."""
        ...


class Records(Protocol):
    """The finished erasures of one network."""

    async def add(self, record: Record) -> None:
        """Store a record; storing it again changes nothing."""
        ...

    async def by_member(self, member_hash: bytes) -> Record | None:
        """The record of the member with this hash, or None."""
        ...


class Due(Protocol):
    """The erasures of all networks, by when something is to be done."""

    async def due(self, now: datetime, limit: int) -> Sequence[Erasure]:
        """Those due by now, the longest overdue first."""
        ...


class LetGo(Protocol):
    """The log of accounts."""

    async def __call__(self, member_id: UUID) -> None:
        """Have the log drop everything told of an account so far. Raises Unavailable."""
        ...


class Accounts(Protocol):
    """The accounts of one network."""

    async def add(self, account: Account, events: Events) -> None:
        """Store a new account with its events.

        Raises HandleTaken, EmailTaken; ConcurrentUpdate when its id was ruled out meanwhile.
        """
        ...

    async def add_many(self, created: Sequence[tuple[Account, Events]]) -> int:
        """Store new accounts in order until a handle or origin is taken; how many are stored."""
        ...

    async def save(self, account: Account, events: Events) -> None:
        """Store its next version with its events, in one write.

        Raises ConcurrentUpdate, or Unavailable while too many of its events wait for the broker.
        """
        ...

    async def get(self, id: UUID) -> Account | None:
        """The account, or None."""
        ...

    async def by_email(self, email: str) -> Account | None:
        """The account that signs in with this address, or None."""
        ...

    async def by_origin(self, source: str, external_ids: Collection[str]) -> Mapping[str, UUID]:
        """Ids of those already brought in from `source`, by external id."""
        ...

    async def page(self, after: UUID | None, size: int) -> Sequence[Account]:
        """Up to `size` accounts, oldest id first, beginning after `after`."""
        ...

    async def waiting(self, after: UUID | None, size: int) -> Sequence[Account]:
        """Up to `size` that wait to be let in, oldest id first, beginning after `after`."""
        ...

    async def count_waiting(self) -> int:
        """How many wait to be let in."""
        ...

    async def remove(self, id: UUID) -> bool:
        """Delete an account; false, and nothing happens, while events of it wait to be told."""
        ...

    async def rule_out(self, ids: Collection[UUID]) -> Collection[UUID]:
        """Those of `ids` that are accounts; from now on none of the others can become one."""
        ...


class Devices(Protocol):
    """The devices that members of one network are signed in on."""

    async def add(self, device: Device) -> None:
        """Store a device that has just signed in."""
        ...

    async def get(self, id: UUID) -> Device | None:
        """The device, or None once it is signed out."""
        ...

    async def of(self, member_id: UUID) -> Sequence[Device]:
        """All of a member's, the one last used first; expired ones may be among them."""
        ...

    async def save(self, device: Device) -> None:
        """Store its next version. Raises ConcurrentUpdate when that is not the next any more."""
        ...

    async def remove(self, member_id: UUID, ids: Collection[UUID]) -> None:
        """Forget those of `ids` that are the member's."""
        ...

    async def remove_all(self, member_id: UUID) -> None:
        """Forget all of the member's."""
        ...


class Audit(Protocol):
    """The audit log of one network."""

    async def append(self, entry: Entry) -> None:
        """Put an entry at the end, once however often it comes.

        Raises ConcurrentUpdate when others keep being faster, or what the driver raises.
        """
        ...

    async def newest(self, before: int, limit: int, subject_id: UUID | None) -> Sequence[Link]:
        """Up to `limit` entries before a place (0: from the end), newest first.

        Only those about `subject_id` unless it is None.
        """
        ...

    async def oldest(self, after: int, limit: int) -> Sequence[Link]:
        """Up to `limit` entries after a place (0: from the beginning), oldest first."""
        ...


class Directory(Protocol):
    """Everything identity keeps: what belongs to a network is reached through its id alone."""

    @property
    def networks(self) -> Networks:
        """All networks."""
        ...

    def invites(self, network_id: UUID) -> Invites:
        """The invites of one network."""
        ...

    def accounts(self, network_id: UUID) -> Accounts:
        """The accounts of one network."""
        ...

    def erasures(self, network_id: UUID) -> Erasures:
        """The erasures of one network."""
        ...

    def records(self, network_id: UUID) -> Records:
        """The finished erasures of one network."""
        ...

    def devices(self, network_id: UUID) -> Devices:
        """The devices that members of one network are signed in on."""
        ...

    @property
    def mails(self) -> Mails:
        """The mails of all networks that wait."""
        ...

    def roster(self, network_id: UUID) -> Roster:
        """Who may join one network without an invite."""
        ...

    def audit(self, network_id: UUID) -> Audit:
        """The audit log of one network."""
        ...

    def consents(self, network_id: UUID) -> ConsentRecords:
        """The records of decisions of one network."""
        ...

    def admins(self, network_id: UUID) -> Admins:
        """The admins of one network."""
        ...

    def profiles(self, network_id: UUID) -> Profiles:
        """The profiles of one network."""
        ...

    def handles(self, network_id: UUID) -> Handles:
        """The handles of one network."""
        ...

    def exports(self, network_id: UUID) -> Exports:
        """The exports of one network."""
        ...

    def holds(self, network_id: UUID) -> HoldBook:
        """The legal holds of one network."""
        ...

    def ties(self, network_id: UUID) -> Ties:
        """The ties between members of one network."""
        ...


class Passwords(Protocol):
    """Slow hashes of passwords, made beside the event loop, only a few at once."""

    async def hash(self, password: str) -> str:
        """A salted hash. Raises Limited when too many wait."""
        ...

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether the hash is of this password; for None it takes as long and is false.

        Raises Limited when too many wait.
        """
        ...

    def outdated(self, hashed: str) -> bool:
        """Whether the hash was made with other settings than today's."""
        ...


class Digest(Protocol):
    """Keyed hashes of short texts."""

    def __call__(self, *parts: str) -> bytes:
        """The same 32 bytes for the same parts; who lacks the key cannot try parts out."""
        ...


class Factors(Protocol):
    """Secrets of authenticator apps, their codes, and recovery codes; all belong to one owner."""

    def new_secret(self, owner: UUID, name: str) -> tuple[str, str, bytes]:
        """A secret as text and as URI for the app, and sealed for keeping."""
        ...

    def step_of(self, owner: UUID, sealed: bytes, code: str, now: datetime) -> int | None:
        """The time step a code of six digits is of; None unless it is now or right beside it."""
        ...

    def new_recovery_code(self) -> str:
        """A random code as people type it."""
        ...

    def hash_recovery(self, owner: UUID, code: str) -> bytes:
        """What is kept of a recovery code, which comes without hyphens and in capitals."""
        ...


class Levels(Protocol):
    """How often what failed, for all instances together."""

    async def get(self, key: bytes) -> Level | None:
        """What is known under this key; None when nothing is, or was forgotten."""
        ...

    async def put(self, key: bytes, level: Level, expires_at: datetime) -> None:
        """Store the next version, to be forgotten from `expires_at` on.

        Raises ConcurrentUpdate when that is not the next any more.
        """
        ...


@dataclass(frozen=True, slots=True)
class Session:
    """The proof of a sign-in, and what buys the next one."""

    access_token: str = field(repr=False)
    expires_at: datetime
    member_id: UUID
    network_id: UUID
    session_id: UUID
    refresh_token: str = field(repr=False)
    refresh_expires_at: datetime


class Tokens(Protocol):
    """Signed access tokens, and the keys that verify them."""

    def issue(self, account: Account, device: Device, refresh_token: str, now: datetime) -> Session:
        """A token that says who the account is and what it may do, on this device."""
        ...

    def jwks(self) -> str:
        """The public keys as JSON (RFC 7517)."""
        ...
