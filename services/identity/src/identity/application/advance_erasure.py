"""What drives erasures on: one step of one erasure at a time, each safe to repeat.

Whoever is killed between two writes leaves something that is still due, so that the next round, or
another process, does it again. Two processes at once exclude each other by the version.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from common import log
from common.clock import Clock
from common.errors import ConcurrentUpdate
from erasure.receipts import Count, Receipt

from identity.application.holds import settled_by
from identity.application.leave import MemberHash
from identity.application.ports import Directory, LetGo
from identity.application.ports_cases import Cases
from identity.application.retry import retrying
from identity.domain.erasure import Erasure, Record, State

logger = log.get(__name__)
NAME = "identity"
ASK_AGAIN = timedelta(minutes=5)


class Sign(Protocol):
    """Signs identity's own receipts."""

    def __call__(self, receipt: Receipt) -> Receipt:
        """The receipt with its signature."""
        ...


@dataclass(frozen=True, slots=True)
class Advance:
    """`expected` are the services whose receipts are waited for; `settle` is longer than a token
    lives and a request takes."""

    directory: Directory
    cases: Cases
    clock: Clock
    settle: timedelta
    expected: Collection[str]
    member_hash: MemberHash
    sign: Sign
    let_go: LetGo

    async def step(self, erasure: Erasure) -> None:
        """Do what is due; nothing if somebody else just did. Raises Unavailable."""
        try:
            if erasure.waits:
                await self._begin(erasure)
            elif erasure.state is State.CLOSING:
                await self._close(erasure)
            elif erasure.state is State.CLOSED:
                if await self._waits_for_person(erasure):
                    return
                started, event = erasure.start(self.clock.now())
                await self.directory.erasures(erasure.network_id).save(started, event)
                logger.info("erasure.started", erasure_id=str(erasure.id))
            elif erasure.state is State.COMPLETE:
                await self._finish(erasure)
        except ConcurrentUpdate:
            return

    async def take(self, receipt: Receipt) -> None:
        """Note a receipt whose signature was verified. Raises ConcurrentUpdate."""
        erasures = self.directory.erasures(receipt.network_id)

        async def attempt() -> None:
            before = await erasures.by_id(receipt.erasure_id)
            if before is None:
                return  # finished; it comes again
            after = before.take(receipt, self.expected, self.clock.now())
            if after is not before:
                await erasures.save(after)

        await retrying(attempt)

    async def _begin(self, erasure: Erasure) -> None:
        now, erasures = self.clock.now(), self.directory.erasures(erasure.network_id)
        if await self._waits_for_person(erasure):
            return
        holds = await self.directory.holds(erasure.network_id).get(erasure.member_id)
        if (hold := holds.in_force(now)) is not None:
            await erasures.save(settled_by(hold, erasure, now))
            return
        if now < erasure.grace_until:  # a hold ended before the time she has to think
            await erasures.save(erasure.release())
            return
        closing = erasure.close(now)
        await erasures.save(closing)
        await self._close(closing)

    async def _waits_for_person(self, erasure: Erasure) -> bool:
        """Whether a case of hers is open: then it is asked again. Also when her account is closed
        already, since a case is heard of a moment after it was opened."""
        network_id, member_id = erasure.network_id, erasure.member_id
        if not await self.cases.is_open(network_id, member_id, erasure.allowed_at):
            return False
        later = erasure.wait_for_human(self.clock.now() + ASK_AGAIN)
        await self.directory.erasures(network_id).save(later)
        return True

    async def look_again(self, network_id: UUID, member_id: UUID) -> None:
        """Do not let an erasure wait that waits for a case, since one of hers has ended."""
        erasures = self.directory.erasures(network_id)
        erasure = await erasures.get(member_id)
        if erasure is not None and erasure.waits_for_person:
            try:
                await erasures.save(erasure.ask_now(self.clock.now()))
            except ConcurrentUpdate:
                return  # whoever was faster looks, or it is asked again in a while

    async def _close(self, erasure: Erasure) -> None:
        """Close the account first: who is killed then finds it closed and goes on."""
        accounts = self.directory.accounts(erasure.network_id)
        account = await accounts.get(erasure.member_id)
        if account is not None:
            closed, events = account.close(self.clock.now())
            if closed is not account:
                await accounts.save(closed, events)
        erasures = self.directory.erasures(erasure.network_id)
        await erasures.save(erasure.closed(self.clock.now(), self.settle))

    async def _finish(self, erasure: Erasure) -> None:
        """Keep the record, then let go of everything that names her, the erasure itself last."""
        network_id, member_id = erasure.network_id, erasure.member_id
        records = self.directory.records(network_id)
        hashed = self.member_hash(member_id)
        accounts, now = self.directory.accounts(network_id), self.clock.now()
        there = await accounts.get(member_id) is not None
        consents = self.directory.consents(network_id)
        spoke = await self.directory.profiles(network_id).get(member_id) is not None
        counts = {
            "accounts": Count(removed=int(there)),
            "consent_records": Count(removed=await consents.count(member_id)),
            "profiles": Count(removed=int(spoke)),
        }
        own = Receipt(network_id, erasure.id, NAME, counts, now)
        await records.add(Record(
            erasure.id, network_id, hashed, erasure.requested_at, erasure.started_at, now,
            (*erasure.receipts, self.sign(own)),
        ))  # fmt: skip
        await self.directory.invites(network_id).forget(member_id)
        await self.directory.devices(network_id).remove_all(member_id)
        await self.directory.profiles(network_id).remove(member_id)
        await self.directory.admins(network_id).forget(member_id)
        await self.directory.roster(network_id).forget(member_id)
        await self.directory.mails.forget(member_id)
        await consents.remove_all(member_id)
        await self.directory.exports(network_id).forget(member_id)
        await self.directory.ties(network_id).forget(member_id)
        if not await self.directory.holds(network_id).forget(member_id):
            return  # who placed or lifted one has still to be told; again at the next round
        if not await accounts.remove(member_id):
            return  # its last events wait to be told; again at the next round
        await self.cases.forget(network_id, member_id)  # who hears of one later finds no account
        await self.let_go(member_id)  # behind them, and behind what every service has heard
        await self.directory.erasures(network_id).remove(erasure)
        logger.info("erasure.finished", erasure_id=str(erasure.id))
