"""The platform operator's account: there from the first start, with the password it was given."""

from __future__ import annotations

from common.clock import Clock
from common.ids import new_id

from identity.application.ports import Accounts, Directory, Passwords
from identity.application.retry import retrying
from identity.domain.account import Credentials, SessionsEnded, join
from identity.domain.errors import EmailTaken, HandleTaken, NetworkExists
from identity.domain.network import OPERATOR_SLUG, Network
from identity.domain.role import Role

EMAIL = "operator@kith.local"
HANDLE = "operator"


async def ensure_operator(
    directory: Directory, passwords: Passwords, clock: Clock, password: str
) -> None:
    """Make the operator's network and account, or give the account this password.

    Another password than before ends the sessions that the one before opened.

    Safe to repeat, and to run in several processes at once. Raises ConcurrentUpdate.
    """
    network = await _network(directory, clock)
    accounts = directory.accounts(network.id)
    if await accounts.by_email(EMAIL) is None:
        opens = Credentials(EMAIL, await passwords.hash(password))
        roles = frozenset({Role.PLATFORM_OPERATOR})
        account, events = join(new_id(), network.id, HANDLE, opens, roles, clock.now())
        try:
            await accounts.add(account, events)
            return
        except (EmailTaken, HandleTaken):
            pass  # another process did the same at the same time
    await retrying(lambda: _apply(accounts, passwords, clock, password))


async def _network(directory: Directory, clock: Clock) -> Network:
    if (network := await directory.networks.by_slug(OPERATOR_SLUG)) is not None:
        return network
    network = Network(new_id(), OPERATOR_SLUG, "Kith", "UTC", clock.now())
    try:
        await directory.networks.add(network)
    except NetworkExists:
        return await _network(directory, clock)  # another process was faster
    return network


async def _apply(accounts: Accounts, passwords: Passwords, clock: Clock, password: str) -> None:
    account = await accounts.by_email(EMAIL)
    if account is None or account.credentials is None:
        return
    hashed = account.credentials.password_hash
    if await passwords.verify(password, hashed):
        return
    new = await passwords.hash(password)
    await accounts.save(account.change_password(new), [SessionsEnded(clock.now())])
