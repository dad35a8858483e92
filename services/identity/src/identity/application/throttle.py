"""Slows guessing down, for each account and each address, whether or not there is such an account.

It counts by keyed hashes of what was typed, before anything is looked up, so that an account that
does not exist is throttled as one that does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

from common.clock import Clock

from identity.application.ports import Digest, Levels
from identity.application.retry import retrying
from identity.domain import credentials
from identity.domain.errors import (
    CredentialsInvalid,
    EmailTaken,
    HandleTaken,
    InviteInvalid,
    ProofInvalid,
)
from identity.domain.throttle import (
    ACCOUNT,
    ADDRESS,
    INVITED,
    STRANGERS,
    Level,
    Limit,
    address_group,
)

T = TypeVar("T")
GUESSES = (CredentialsInvalid, ProofInvalid, InviteInvalid, HandleTaken, EmailTaken)
"""Refusals that tell something to who tries often enough."""


@dataclass(frozen=True, slots=True)
class Counter:
    """What is counted under one key."""

    key: bytes
    limit: Limit


@dataclass(frozen=True, slots=True)
class _Counted:
    """An attempt on a counter, and how it was before."""

    counter: Counter
    before: Level
    after: Level


class Throttle:
    """Counts failures in `levels` under keys that `digest` makes."""

    def __init__(self, levels: Levels, digest: Digest, clock: Clock) -> None:
        self._levels = levels
        self._digest = digest
        self._clock = clock
        self._locks: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    def of_sign_in(self, network: str, email: str, address: str) -> Sequence[Counter]:
        """Who signs in where, from where; an empty address is not counted. Raises Invalid."""
        account = Counter(self._digest("account", network, credentials.email(email)), ACCOUNT)
        return [*self._from("address", address), account]

    def of_passkey(self, owner: bytes, address: str) -> Sequence[Counter]:
        """Who signs in with a passkey, as her device says, from where; as `of_sign_in`."""
        account = Counter(self._digest("passkey", owner.hex()), ACCOUNT)
        return [*self._from("address", address), account]

    def of_applicant(
        self, network_id: UUID, email: str, number: str, address: str
    ) -> Sequence[Counter]:
        """Somebody without an invite who confirms an address; `number` is what a roster would know
        her by, if she says."""
        network, counters = str(network_id), self._from("address", address)
        counters.append(Counter(self._digest("applicant", network, email), ACCOUNT))
        if number:
            counters.append(Counter(self._digest("eligible", network, number), ACCOUNT))
        return counters

    def of_invited(self, code: str, address: str) -> Sequence[Counter]:
        """Somebody who shows an invite, whether or not there is one."""
        return [*self._from("address", address), Counter(self._digest("invite", code), INVITED)]

    def of_reset(self, network: str, email: str, address: str) -> Sequence[Counter]:
        """Somebody who asks for mails to an address. Raises Invalid."""
        account = Counter(self._digest("reset", network, credentials.email(email)), ACCOUNT)
        return [*self._from("address", address), account]

    def of_used_link(self, name: bytes) -> Sequence[Counter]:
        """Somebody who says again what she said with a link that was used."""
        return [Counter(self._digest("used link", name.hex()), ACCOUNT)]

    def of_mails(self, network_id: UUID, member_id: UUID) -> Sequence[Counter]:
        """Somebody signed in who has mails sent to addresses that may not be hers."""
        return [Counter(self._digest("mails", str(network_id), str(member_id)), ACCOUNT)]

    def of_applications(self, address: str) -> Sequence[Counter]:
        """Whoever applies from somewhere, with whatever outcome: each may be a mail to a stranger;
        none if the address is not known."""
        return self._from("applications", address)

    def of_network(self, network_id: UUID) -> Sequence[Counter]:
        """All who apply to one network, from anywhere."""
        return [Counter(self._digest("strangers", str(network_id)), STRANGERS)]

    def of_member(self, network_id: UUID, member_id: UUID) -> Sequence[Counter]:
        """Somebody signed in who has to prove again who she is."""
        return [Counter(self._digest("member", str(network_id), str(member_id)), ACCOUNT)]

    def _from(self, what: str, address: str) -> list[Counter]:
        """What is counted of an address; nothing of one that is not known."""
        group = address_group(address)
        return [Counter(self._digest(what, group), ADDRESS)] if group else []

    async def attempt(self, counters: Sequence[Counter], work: Callable[[], Awaitable[T]]) -> T:
        """The result of `work`, unless one of the counters has to wait.

        Only GUESSES are failures; an attempt that ends otherwise was none, except when it is
        cancelled. Raises Limited, ConcurrentUpdate, and what `work` raises.
        """
        counted: list[_Counted] = []
        try:
            for counter in counters:
                counted.append(await self._count(counter))  # noqa: PERF401  # kept if the next fails
            result = await work()
        except GUESSES:
            raise
        except Exception:
            await self._undo(counted)
            raise
        await self._undo(counted)
        return result

    async def spend(self, counters: Sequence[Counter]) -> None:
        """Count something that is too dear to be had often, whatever comes of it.

        Raises Limited, ConcurrentUpdate.
        """
        for counter in counters:
            await self._count(counter)

    async def _count(self, counter: Counter) -> _Counted:
        async def attempt() -> _Counted:
            now = self._clock.now()
            before = await self._levels.get(counter.key) or Level.none(now)
            after = before.attempt(counter.limit, now)
            await self._levels.put(counter.key, after, after.expires_at(counter.limit))
            return _Counted(counter, before, after)

        async with self._lock(counter.key):
            return await retrying(attempt)

    async def _undo(self, counted: Sequence[_Counted]) -> None:
        for one in counted:
            async with self._lock(one.counter.key):
                await retrying(partial(self._undo_one, one))

    def _lock(self, key: bytes) -> asyncio.Lock:
        """One at a time within this process, so that only instances contend for a document."""
        return self._locks.setdefault(key, asyncio.Lock())

    async def _undo_one(self, one: _Counted) -> None:
        current = await self._levels.get(one.counter.key)
        if current is None:
            return
        undone = current.undone(one.before, one.after)
        await self._levels.put(one.counter.key, undone, undone.expires_at(one.counter.limit))
