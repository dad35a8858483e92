"""Looking at networks and accounts; everybody sees her own, staff their network's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from common.auth import Access, Caller
from common.errors import Unauthenticated
from policy import Facts

from identity.application.ports import Accounts, Directory, Networks
from identity.domain.account import Account
from identity.domain.device import MAX_DEVICES, Device
from identity.domain.errors import AccountNotFound, NetworkNotFound
from identity.domain.network import Network


async def own_network(networks: Networks, caller: Caller) -> Network:
    """The caller's network. Raises NetworkNotFound."""
    network = await networks.get(caller.network_id)
    if network is None:
        raise NetworkNotFound("your network is not there any more")
    return network


async def own_account(accounts: Accounts, caller: Caller) -> Account:
    """The caller's account. Raises Unauthenticated when it is gone though its token still works."""
    account = await accounts.get(caller.subject)
    if account is None:
        raise Unauthenticated("your account is not there any more")
    return account


async def account_of(accounts: Accounts, access: Access, member_id: UUID) -> Account:
    """One account, if the caller may see it. Raises Forbidden, AccountNotFound."""
    access.require(Facts(access.caller.network_id, owner_id=member_id))
    account = await accounts.get(member_id)
    if account is None:
        raise AccountNotFound("no such account in your network", field="member_id")
    return account


async def list_accounts(
    accounts: Accounts, after: UUID | None, size: int
) -> tuple[Sequence[Account], bool]:
    """A page of the network's accounts, oldest first, and whether there are more."""
    found = await accounts.page(after, size + 1)
    return found[:size], len(found) > size


async def own_devices(directory: Directory, caller: Caller, now: datetime) -> Sequence[Device]:
    """The devices the caller is signed in on, the one last used first. Raises Unauthenticated."""
    account = await own_account(directory.accounts(caller.network_id), caller)
    known = await directory.devices(caller.network_id).of(caller.subject)
    return [one for one in known if one.signed_in(account.session_epoch, now)][:MAX_DEVICES]
