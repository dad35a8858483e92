"""Sign out: one device, or everywhere."""

from __future__ import annotations

from uuid import UUID

from common.auth import Caller

from identity.application.ports import Accounts, Devices, Directory
from identity.application.retry import retrying
from identity.domain.errors import AccountNotFound
from identity.domain.role import Role


async def sign_out(devices: Devices, caller: Caller, session_id: UUID) -> None:
    """Sign one of the caller's devices out; nothing happens to anybody else's."""
    await devices.remove(caller.subject, [session_id])


async def sign_out_everywhere(directory: Directory, caller: Caller, member_id: UUID) -> None:
    """Sign a member out on all her devices: herself, or a network admin.

    Raises Forbidden, AccountNotFound, ConcurrentUpdate, Unavailable.
    """
    if member_id != caller.subject:
        caller.require(Role.NETWORK_ADMIN)
    await end_sessions(directory, caller.network_id, member_id)


async def end_sessions(directory: Directory, network_id: UUID, member_id: UUID) -> None:
    """End all sessions of an account, also one that is being made now; for whoever decides so.

    The account's own write ends them; the devices are only forgotten after it, so that a crash
    between the two leaves none that works. Raises AccountNotFound, ConcurrentUpdate.
    """
    accounts = directory.accounts(network_id)
    await retrying(lambda: _end(accounts, member_id))
    await directory.devices(network_id).remove_all(member_id)


async def _end(accounts: Accounts, member_id: UUID) -> None:
    account = await accounts.get(member_id)
    if account is None:
        raise AccountNotFound("no such account in your network", field="member_id")
    await accounts.save(account.end_sessions(), ())
