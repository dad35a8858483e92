"""Let somebody in who asked, or not; and end an invite."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from common.clock import Clock

from identity.application.ports import Accounts, Invites
from identity.application.retry import retrying
from identity.domain.account import Account
from identity.domain.admission import DeclineReason
from identity.domain.deed import Deed, Done
from identity.domain.errors import AccountNotFound, InviteNotFound


async def approve(accounts: Accounts, clock: Clock, member_id: UUID) -> Account:
    """Let her in; nothing happens to who is in already.

    Raises AccountNotFound, ApplicationDecided, Unavailable, ConcurrentUpdate.
    """

    async def attempt() -> Account:
        account = await _account(accounts, member_id)
        approved, events = account.approve(clock.now())
        if approved is not account:
            await accounts.save(approved, events)
        return approved

    return await retrying(attempt)


async def decline(
    accounts: Accounts, clock: Clock, member_id: UUID, reason: DeclineReason
) -> Account:
    """Do not let her in; the same again changes nothing.

    Raises AccountNotFound, ApplicationDecided, ConcurrentUpdate.
    """

    async def attempt() -> Account:
        account = await _account(accounts, member_id)
        declined = account.decline(reason, clock.now())
        if declined is not account:
            await accounts.save(declined, ())
        return declined

    return await retrying(attempt)


async def revoke_invite(invites: Invites, id: UUID, by: UUID, at: datetime) -> None:
    """Nobody else joins with it; who is about to has her seat. Again it changes nothing.

    Raises InviteNotFound, ConcurrentUpdate.
    """

    async def attempt() -> None:
        invite = await invites.get(id)
        if invite is None:
            raise InviteNotFound("no such invite in your network", field="invite_id")
        revoked = invite.revoke()
        if revoked is not invite:
            await invites.save(revoked, Done(Deed.INVITE_REVOKED, by, at))

    await retrying(attempt)


async def _account(accounts: Accounts, member_id: UUID) -> Account:
    account = await accounts.get(member_id)
    if account is None:
        raise AccountNotFound("no such account in your network", field="member_id")
    return account
