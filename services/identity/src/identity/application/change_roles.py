"""Give and take roles and badges; the last admin of a network stays one.

The account's own write holds the change and the event that the audit log is written from, so that
there is never one without the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from common import log
from common.auth import Access
from common.clock import Clock
from common.errors import ConcurrentUpdate, DomainError
from common.ids import new_id
from policy import Facts

from identity.application.ports import Accounts, Directory
from identity.application.ports_roles import Admins
from identity.application.retry import retrying
from identity.domain.account import Account, Events
from identity.domain.errors import AccountNotFound
from identity.domain.role import Role
from identity.domain.stepping_down import SteppingDown

logger = log.get(__name__)
Change = Callable[[Account, datetime], tuple[Account, Events]]


@dataclass(frozen=True, slots=True)
class Roles:
    """Everything that is done with the roles of members."""

    directory: Directory
    clock: Clock

    async def change(self, network_id: UUID, member_id: UUID, change: Change) -> Account:
        """The account with a change of `domain.granting`; as it is, if it is so already.

        Who steps down stays on the list when nobody knows whether she did: cancelled, or the
        database did not answer. Raises Invalid, BadgeNeeded, LastAdmin, AccountNotFound,
        Unavailable, ConcurrentUpdate.
        """
        accounts, admins = self.directory.accounts(network_id), self.directory.admins(network_id)
        request, steps_down = new_id(), False

        async def attempt() -> Account:
            nonlocal steps_down
            before, now = await _account(accounts, member_id), self.clock.now()
            after, events = change(before, now)
            if after is before:
                return before
            if _is_admin(before) and not _is_admin(after):
                steps_down = True
                await _step_down(admins, SteppingDown(request, member_id, now))
            await accounts.save(after, events)
            return after

        try:
            account = await retrying(attempt)
        except DomainError:  # it was not written; after any other error it may be yet
            if steps_down:
                await _done(admins, request)
            raise
        if steps_down:
            await _done(admins, request)
        return account

    async def of(self, access: Access, member_id: UUID) -> Account:
        """The account, for its roles: her own, or an admin's to see.

        Raises Forbidden, AccountNotFound.
        """
        network_id = access.caller.network_id
        access.require(Facts(network_id, owner_id=member_id))
        return await _account(self.directory.accounts(network_id), member_id)


async def _account(accounts: Accounts, member_id: UUID) -> Account:
    account = await accounts.get(member_id)
    if account is None or account.closed:
        raise AccountNotFound("no such account in your network", field="member_id")
    return account


def _is_admin(account: Account) -> bool:
    return account.held.lasting(Role.NETWORK_ADMIN)


async def _step_down(admins: Admins, who: SteppingDown) -> None:
    """Read who leaves before who is there: whoever is gone from the list is gone as an admin."""

    async def attempt() -> None:
        leaving = await admins.list()
        await admins.save(leaving.step_down(who, await admins.lasting()))

    await retrying(attempt)


async def _done(admins: Admins, request: UUID) -> None:
    """Take her off the list; if that fails she counts as no admin for a minute, and no more."""

    async def attempt() -> None:
        before = await admins.list()
        if (after := before.done(request)) is not before:
            await admins.save(after)

    try:
        await retrying(attempt)
    except ConcurrentUpdate:
        logger.warning("roles.left_on_the_list", request_id=str(request))
