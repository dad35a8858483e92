"""Sign out: one device, or everywhere."""

from __future__ import annotations

from uuid import UUID

from common.auth import Access, Caller
from common.clock import Clock
from policy import Facts

from identity.application.ports import Accounts, Devices, Directory
from identity.application.retry import retrying
from identity.domain.deed import Deed, Done
from identity.domain.errors import AccountNotFound


async def sign_out(devices: Devices, caller: Caller, session_id: UUID) -> None:
    """Sign one of the caller's devices out; nothing happens to anybody else's."""
    await devices.remove(caller.subject, [session_id])


async def sign_out_everywhere(
    directory: Directory, clock: Clock, access: Access, member_id: UUID
) -> None:
    """Sign a member out on all her devices, if the caller may.

    Raises Forbidden, AccountNotFound, ConcurrentUpdate, Unavailable.
    """
    network_id = access.caller.network_id
    access.require(Facts(network_id, owner_id=member_id))
    by, at = access.caller.subject, clock.now()
    done = None if by == member_id else Done(Deed.SESSIONS_ENDED, by, at, member_id)
    await end_sessions(directory, network_id, member_id, done)


async def end_sessions(
    directory: Directory, network_id: UUID, member_id: UUID, done: Done | None = None
) -> None:
    """End all sessions of an account, also one that is being made now; for whoever decides so.

    The account's own write ends them; the devices are only forgotten after it, so that a crash
    between the two leaves none that works. `done` is told to the audit log. Raises
    AccountNotFound, ConcurrentUpdate, Unavailable.
    """
    accounts = directory.accounts(network_id)
    await retrying(lambda: _end(accounts, member_id, done))
    await directory.devices(network_id).remove_all(member_id)


async def _end(accounts: Accounts, member_id: UUID, done: Done | None) -> None:
    account = await accounts.get(member_id)
    if account is None:
        raise AccountNotFound("no such account in your network", field="member_id")
    await accounts.save(account.end_sessions(), (done,) if done else ())
