"""Give an account other roles."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from identity.application.ports import Accounts
from identity.application.retry import retrying
from identity.domain.account import Account
from identity.domain.errors import AccountNotFound
from identity.domain.role import Role


async def update_roles(accounts: Accounts, member_id: UUID, roles: Iterable[Role]) -> Account:
    """Exactly these roles from now on; access tokens show it at the next sign-in.

    Raises Invalid, AccountNotFound, ConcurrentUpdate.
    """
    wanted = frozenset(roles)

    async def attempt() -> Account:
        account = await accounts.get(member_id)
        if account is None:
            raise AccountNotFound("no such account in your network", field="member_id")
        changed = account.with_roles(wanted)
        await accounts.save(changed, ())
        return changed

    return await retrying(attempt)
