"""Asking for an erasure, taking it back, stopping it, and looking how far it has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from common.auth import Access
from common.clock import Clock
from common.ids import new_id
from policy import Facts

from identity.application.holds import Holding
from identity.application.ports import Directory
from identity.application.retry import retrying
from identity.domain.deed import Deed, Done
from identity.domain.erasure import AllowReason, Erasure, HoldReason, Record, State, request
from identity.domain.errors import AccountNotFound, ErasureNotFound
from identity.domain.hold import not_about_oneself

MemberHash = Callable[[UUID], bytes]


@dataclass(frozen=True, slots=True)
class Leaving:
    """Erasures as a caller may see and change them."""

    directory: Directory
    clock: Clock
    grace: timedelta
    member_hash: MemberHash

    async def request(self, access: Access, member_id: UUID) -> Erasure:
        """Ask for it; asking again changes nothing.

        Raises Forbidden, AccountNotFound, ConcurrentUpdate.
        """
        network_id = _allowed(access, member_id)
        erasures = self.directory.erasures(network_id)

        async def attempt() -> Erasure:
            if await self.directory.accounts(network_id).get(member_id) is None:
                raise AccountNotFound("no such account in your network", field="member_id")
            before = await erasures.get(member_id)
            now = self.clock.now()
            wanted = request(new_id(), network_id, member_id, now, self.grace, before)
            if wanted is not before:
                await erasures.save(wanted)
            return wanted

        asked = await retrying(attempt)
        hold = (await self.directory.holds(network_id).get(member_id)).in_force(self.clock.now())
        if hold is None or not asked.waits:
            return asked
        return await self._holding.settle(network_id, member_id) or asked

    async def cancel(self, access: Access, member_id: UUID) -> Erasure:
        """Take it back. Raises Forbidden, ErasureNotFound, ErasureUnderWay, ConcurrentUpdate."""
        return await self._change(access, member_id, Erasure.cancel)

    async def hold(self, access: Access, member_id: UUID, reason: HoldReason) -> Erasure:
        """Stop it for 30 days. Raises Forbidden, ErasureNotFound, ErasureUnderWay,
        ConcurrentUpdate."""
        network_id = _allowed(access, member_id)
        await self._waiting(network_id, member_id)
        await self._holding.stop(network_id, member_id, reason, access.caller.subject)
        return await self._erasure(network_id, member_id)

    async def release(self, access: Access, member_id: UUID) -> Erasure:
        """End that stop; legal holds with a reference stay. Raises like `hold`."""
        network_id = _allowed(access, member_id)
        before = await self._erasure(network_id, member_id)
        if before.state is not State.CANCELLED:
            await self._waiting(network_id, member_id)
            await self._holding.release(network_id, member_id, access.caller.subject)
        return await self._erasure(network_id, member_id)

    async def allow(self, access: Access, member_id: UUID, reason: AllowReason) -> Erasure:
        """Let it go on beside the crisis cases that are open now; not one's own.

        Raises Forbidden, ErasureNotFound, ErasureUnderWay, Unavailable, ConcurrentUpdate.
        """
        network_id, by = _allowed(access, member_id), access.caller.subject
        not_about_oneself(by, member_id)

        async def attempt() -> Erasure:
            before, now = await self._erasure(network_id, member_id), self.clock.now()
            allowed = before.allow(reason, now)
            done = Done(Deed.ERASURE_ALLOWED, by, now, member_id)
            await self.directory.erasures(network_id).save(allowed, done)
            return allowed

        return await retrying(attempt)

    async def get(self, access: Access, member_id: UUID) -> Erasure | Record:
        """How far it has come. Raises Forbidden, ErasureNotFound."""
        network_id = _allowed(access, member_id)
        if (erasure := await self.directory.erasures(network_id).get(member_id)) is not None:
            return erasure
        records = self.directory.records(network_id)
        if (record := await records.by_member(self.member_hash(member_id))) is not None:
            return record
        raise ErasureNotFound("nobody asked for this erasure", field="member_id")

    @property
    def _holding(self) -> Holding:
        return Holding(self.directory, self.clock)

    async def _erasure(self, network_id: UUID, member_id: UUID) -> Erasure:
        found = await self.directory.erasures(network_id).get(member_id)
        if found is None:
            raise ErasureNotFound("nobody asked for this erasure", field="member_id")
        return found

    async def _waiting(self, network_id: UUID, member_id: UUID) -> None:
        """Raise ErasureNotFound or ErasureUnderWay unless there is one that can be stopped."""
        found = await self._erasure(network_id, member_id)
        if found.state is State.CANCELLED:
            raise ErasureNotFound("this erasure was taken back", field="member_id")
        found.check_waits()

    async def _change(
        self, access: Access, member_id: UUID, change: Callable[[Erasure], Erasure]
    ) -> Erasure:
        erasures = self.directory.erasures(_allowed(access, member_id))

        async def attempt() -> Erasure:
            before = await erasures.get(member_id)
            if before is None:
                raise ErasureNotFound("nobody asked for this erasure", field="member_id")
            changed = change(before)
            if changed is not before:
                await erasures.save(changed)
            return changed

        return await retrying(attempt)


def _allowed(access: Access, member_id: UUID) -> UUID:
    """The network to look in. Raises Forbidden."""
    access.require(Facts(access.caller.network_id, owner_id=member_id))
    return access.caller.network_id
