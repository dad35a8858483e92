"""Profiles: one's own, what others show, and what staff may look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random, SystemRandom
from uuid import UUID

from common.auth import Access, Caller
from common.clock import Clock
from common.errors import Unauthenticated
from policy import Actor, Facts, decide
from policy.table import FIELD

from identity.application.ports import Directory
from identity.application.ports_profile import Closeness
from identity.application.queries import own_account
from identity.application.retry import retrying
from identity.domain.account import Account
from identity.domain.errors import AccountNotFound, InviteInvalid
from identity.domain.handles import choose, draw
from identity.domain.invite import UNUSABLE, network_of
from identity.domain.profile import Change, Profile, Visibility


@dataclass(frozen=True, slots=True)
class Seen:
    """A profile as it is told to somebody; `own` if to its owner."""

    account: Account
    profile: Profile
    own: bool


@dataclass(frozen=True, slots=True)
class ProfileBook:
    """Everything that is done with profiles."""

    directory: Directory
    closeness: Closeness
    clock: Clock
    random: Random = field(default_factory=SystemRandom)

    async def get(self, access: Access, member_id: UUID) -> Seen:
        """What the member shows the caller, by the policy, field by field; all if it is her own.

        Raises Forbidden, AccountNotFound.
        """
        caller = access.caller
        account = await self.directory.accounts(caller.network_id).get(member_id)
        there = account and not account.closed and account.admission is None
        facts = Facts(caller.network_id if there else None, owner_id=member_id)
        access.require(facts, _nobody())
        if account is None:
            raise _nobody()
        profile = await self._profile(account)
        if member_id == caller.subject:
            return Seen(account, profile, own=True)
        ties = await self.closeness.between(caller.network_id, caller.subject, member_id)
        actor = Actor(caller.subject, caller.network_id, caller.roles)
        known = facts._replace(ties=ties)
        visible = [one for one in Visibility if decide(actor, FIELD[one], known).allowed]
        return Seen(account, profile.showing(visible), own=False)

    async def inspect(self, access: Access, member_id: UUID) -> Seen:
        """All of the member's but what is "only me", by privilege, which is audited; or her own.

        Raises Forbidden, AccountNotFound.
        """
        caller = access.caller
        access.require(Facts(caller.network_id, owner_id=member_id))
        account = await self.directory.accounts(caller.network_id).get(member_id)
        if account is None:
            raise _nobody()
        profile = await self._profile(account)
        if member_id == caller.subject:
            return Seen(account, profile, own=True)
        shared = [one for one in Visibility if one is not Visibility.ONLY_ME]
        return Seen(account, profile.showing(shared), own=False)

    async def update(self, caller: Caller, change: Change, version: int) -> Seen:
        """The caller's profile, changed; as it is if nothing is different.

        Raises Invalid, ProfileChanged, Unauthenticated (her account is gone), ConcurrentUpdate.
        """

        async def attempt() -> Seen:
            account = await own_account(self.directory.accounts(caller.network_id), caller)
            if account.closed:
                raise Unauthenticated("your account is closed")
            before = await self._profile(account)
            after = before.update(change, version, self.clock.now())
            if after is not before:
                await self.directory.profiles(caller.network_id).save(after)
            return Seen(account, after, own=True)

        return await retrying(attempt)

    async def suggest_handles(self, invite_code: str) -> list[str]:
        """Handles that are free in the network an invite leads to. Raises InviteInvalid."""
        network_id = network_of(invite_code)
        invite = await self.directory.invites(network_id).by_code(invite_code)
        if invite is None:
            raise InviteInvalid(UNUSABLE)
        invite.check_open(self.clock.now())
        drawn = list(draw(self.random))
        taken = await self.directory.handles(network_id).taken(drawn)
        return choose(drawn, set(drawn) - taken)

    async def _profile(self, account: Account) -> Profile:
        kept = await self.directory.profiles(account.network_id).get(account.id)
        return kept or Profile.empty(account.id, account.network_id)


def _nobody() -> AccountNotFound:
    return AccountNotFound("no such account in your network", field="member_id")
