"""Placing and lifting legal holds, so that an erasure never slips through beside one.

A hold is written first and the erasure touched after it. Whoever drives erasures on reads the holds
before it writes the erasure, and its write fails if that was touched meanwhile. So either it sees
the hold, or the erasure had already begun when the hold was placed, which is then said. Whoever is
killed between the two writes leaves a hold that is in force, and an erasure that asks again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from common.auth import Access
from common.clock import Clock
from policy import Facts
from policy.table import PLATFORM_OPERATOR

from identity.application.ports import Directory
from identity.application.retry import retrying
from identity.domain.deed import Deed
from identity.domain.erasure import Erasure, HoldReason, State
from identity.domain.errors import AccountNotFound, ErasureUnderWay
from identity.domain.hold import (
    NO_REFERENCE,
    STOP,
    Hold,
    Holds,
    check_reference,
    not_about_oneself,
    told,
)

ASK_AGAIN = timedelta(minutes=5)
"""How long after a hold was lifted by somebody who was then killed the erasure goes on."""
TOO_LATE = "her erasure had begun before; what is gone is gone"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A hold somebody wants to place; `network_id` None is the caller's own."""

    network_id: UUID | None
    member_id: UUID
    reference: str
    reason: HoldReason
    ends_at: datetime
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Holding:
    """Holds as a caller may see and change them."""

    directory: Directory
    clock: Clock

    async def place(self, access: Access, wanted: Wanted) -> None:
        """Place it, or renew the one of this reference.

        In another network than her own the platform's operator is not told whether there is such a
        member, nor whether it came in time. Raises Forbidden, NotFound, AccountNotFound, Invalid,
        ErasureUnderWay, Limited, Unavailable, ConcurrentUpdate.
        """
        network_id, blind = await self._where(access, wanted.network_id, wanted.member_id)
        hold = Hold(
            wanted.reference, wanted.reason, wanted.ends_at, access.caller.subject,
            self.clock.now(), wanted.sealed, _from_platform(access),
        )  # fmt: skip
        check_reference(hold.reference)
        not_about_oneself(hold.placed_by, wanted.member_id)
        try:
            await self._place(network_id, wanted.member_id, hold, Deed.HOLD_PLACED)
        except ErasureUnderWay:
            if not blind:
                raise

    async def lift(
        self, access: Access, network_id: UUID | None, member_id: UUID, reference: str
    ) -> None:
        """End it; what waited for it goes on. Nothing happens where there is none.

        Raises Forbidden, NotFound, AccountNotFound, Unavailable, ConcurrentUpdate.
        """
        check_reference(reference)
        where, _ = await self._where(access, network_id, member_id)
        not_about_oneself(access.caller.subject, member_id)
        platform, by = _from_platform(access), access.caller.subject
        await self._lift(where, member_id, reference, Deed.HOLD_LIFTED, by, platform=platform)

    async def stop(self, network_id: UUID, member_id: UUID, reason: HoldReason, by: UUID) -> None:
        """Hold her erasure for STOP, without a reference yet: `HoldErasure`. Raises like place."""
        now = self.clock.now()
        hold = Hold(NO_REFERENCE, reason, now + STOP, by, now)
        await self._place(network_id, member_id, hold, Deed.ERASURE_HELD)

    async def release(self, network_id: UUID, member_id: UUID, by: UUID) -> None:
        """End that, and no other hold. Raises Forbidden, Unavailable, ConcurrentUpdate."""
        not_about_oneself(by, member_id)
        await self._lift(
            network_id, member_id, NO_REFERENCE, Deed.ERASURE_RELEASED, by, platform=False
        )

    async def list(self, network_id: UUID, after: UUID | None, size: int) -> Sequence[Holds]:
        """A page of members with holds in a network."""
        return await self.directory.holds(network_id).page(after, size)

    async def settle(self, network_id: UUID, member_id: UUID) -> Erasure | None:
        """Let her erasure, if there is one that waits, say what the holds say; always one write.

        Raises ConcurrentUpdate.
        """
        erasures, holds = self.directory.erasures(network_id), self.directory.holds(network_id)

        async def attempt() -> Erasure | None:
            erasure = await erasures.get(member_id)
            if erasure is None or not erasure.waits:
                return erasure
            now = self.clock.now()
            settled = settled_by((await holds.get(member_id)).in_force(now), erasure, now)
            await erasures.save(settled)
            return settled

        return await retrying(attempt)

    async def _place(self, network_id: UUID, member_id: UUID, hold: Hold, deed: Deed) -> None:
        await self._check_in_time(network_id, member_id)
        done = told(deed, hold, member_id, hold.placed_by, hold.placed_at)
        holds = self.directory.holds(network_id)

        async def attempt() -> None:
            await holds.save((await holds.get(member_id)).place(hold), done)

        await retrying(attempt)
        erasure = await self.settle(network_id, member_id)
        if erasure is not None and not erasure.waits and erasure.state is not State.CANCELLED:
            raise ErasureUnderWay(TOO_LATE)

    async def _lift(
        self, network_id: UUID, member_id: UUID, reference: str, deed: Deed, by: UUID, *,
        platform: bool,
    ) -> None:  # fmt: skip
        holds = self.directory.holds(network_id)

        async def attempt() -> None:
            before = await holds.get(member_id)
            after = before.lift(reference, from_platform=platform)
            if after is not before:
                done = told(deed, None, member_id, by, self.clock.now())
                await holds.save(after, done)

        await retrying(attempt)
        await self.settle(network_id, member_id)

    async def _check_in_time(self, network_id: UUID, member_id: UUID) -> None:
        """Raise ErasureUnderWay, before anything is written, if it is too late."""
        erasure = await self.directory.erasures(network_id).get(member_id)
        if erasure is not None and not erasure.waits and erasure.state is not State.CANCELLED:
            raise ErasureUnderWay(TOO_LATE)

    async def _where(
        self, access: Access, network_id: UUID | None, member_id: UUID
    ) -> tuple[UUID, bool]:
        """The network meant, and whether the caller may learn nothing of it."""
        own = access.caller.network_id
        where = network_id or own
        missing = AccountNotFound("no such account in your network", field="member_id")
        access.require(Facts(where), missing)
        if where != own:
            return where, True
        if await self.directory.accounts(own).get(member_id) is None:
            raise missing
        return own, False


def settled_by(hold: Hold | None, erasure: Erasure, now: datetime) -> Erasure:
    """The erasure as this hold has it; one that waits for nothing else is due again at its time."""
    if hold is None:
        return erasure.release()
    return erasure.hold(hold.reason, hold.ends_at, min(hold.ends_at, now + ASK_AGAIN), hold.sealed)


def _from_platform(access: Access) -> bool:
    return PLATFORM_OPERATOR in access.caller.roles
