"""Sign out: one device, or everywhere."""

from __future__ import annotations

from uuid import UUID

from common.auth import Access, Caller
from common.clock import Clock
from common.errors import Unavailable
from policy import Facts

from identity.application.ports import Accounts, Directory
from identity.application.retry import retrying
from identity.domain.account import Account, Events
from identity.domain.deed import Deed, Done
from identity.domain.device import Device
from identity.domain.errors import AccountNotFound


async def sign_out(directory: Directory, clock: Clock, caller: Caller, session_id: UUID) -> None:
    """Sign one of the caller's devices out; nothing happens to anybody else's.

    Raises ConcurrentUpdate, Unavailable.
    """
    device = await directory.devices(caller.network_id).get(session_id)
    if device is not None and device.member_id == caller.subject:
        await end_session(directory, clock, device)


async def end_session(directory: Directory, clock: Clock, device: Device) -> None:
    """Sign a device out, and tell it to who still takes its last access token.

    It is told first: who finds the device gone may rely on that. Raises ConcurrentUpdate.
    """
    accounts = directory.accounts(device.network_id)

    async def tell() -> None:
        account = await accounts.get(device.member_id)
        if account is not None and not account.closed:  # of which it was told before
            await save_told_or_not(accounts, *account.end_session(device.id, clock.now()))

    await retrying(tell)
    await directory.devices(device.network_id).remove(device.member_id, [device.id])


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
    await end_sessions(directory, clock, network_id, member_id, done)


async def end_sessions(
    directory: Directory, clock: Clock, network_id: UUID, member_id: UUID, done: Done | None = None
) -> None:
    """End all sessions of an account, also one that is being made now; for whoever decides so.

    The account's own write ends them; the devices are only forgotten after it, so that a crash
    between the two leaves none that works. `done` is told to the audit log. Raises
    AccountNotFound, ConcurrentUpdate, Unavailable.
    """
    accounts = directory.accounts(network_id)
    await retrying(lambda: _end(accounts, clock, member_id, done))
    await directory.devices(network_id).remove_all(member_id)


async def _end(accounts: Accounts, clock: Clock, member_id: UUID, done: Done | None) -> None:
    account = await accounts.get(member_id)
    if account is None:
        raise AccountNotFound("no such account in your network", field="member_id")
    ended, events = account.end_sessions(clock.now())
    if done is None:
        await save_told_or_not(accounts, ended, events)
    else:  # what is done because of a role is told or does not happen
        await accounts.save(ended, (*events, done))


async def save_told_or_not(accounts: Accounts, account: Account, events: Events) -> None:
    """Save an account whose sessions end, also when too many of its events wait for the broker.

    Then nobody hears of it and access tokens run out by themselves; that is better than to refuse
    somebody who wants a thief out. Raises ConcurrentUpdate, Unavailable for the database.
    """
    try:
        await accounts.save(account, events)
    except Unavailable:
        await accounts.save(account, ())
