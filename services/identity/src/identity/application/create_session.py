"""Sign in; whoever fails learns nothing about who has an account."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from common.clock import Clock
from common.errors import ConcurrentUpdate

from identity.application.ports import Accounts, Directory, Passwords, Session, Tokens
from identity.application.retry import retrying
from identity.domain import credentials
from identity.domain.account import Account
from identity.domain.errors import CredentialsInvalid


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody claims who wants to sign in; `network` is a slug."""

    network: str
    email: str = field(repr=False)
    password: str = field(repr=False)


async def create_session(
    directory: Directory, passwords: Passwords, tokens: Tokens, clock: Clock, attempt: Attempt
) -> Session:
    """An access token for who knows the password.

    An unknown network or address costs a verification too. Raises Invalid, CredentialsInvalid,
    Limited, Unavailable, ConcurrentUpdate.
    """
    email, password = credentials.email(attempt.email), credentials.password(attempt.password)
    found = await _find(directory, attempt.network, email)
    opens = found.credentials if found else None
    matches = await passwords.verify(password, opens.password_hash if opens else None)
    if found is None or found.closed or opens is None or not matches:
        raise CredentialsInvalid("network, e-mail address and password do not belong together")
    accounts = directory.accounts(found.network_id)
    account = await retrying(lambda: _sign_in(accounts, found.id, clock))
    if passwords.outdated(opens.password_hash):
        renewed = await passwords.hash(password)
        await _replace_hash(accounts, account, renewed, opens.password_hash)
    return tokens.issue(account, clock.now())


async def _find(directory: Directory, slug: str, email: str) -> Account | None:
    network = await directory.networks.by_slug(slug)
    return await directory.accounts(network.id).by_email(email) if network else None


async def _sign_in(accounts: Accounts, id: UUID, clock: Clock) -> Account:
    account = await accounts.get(id)
    if account is None or account.closed:
        raise CredentialsInvalid("this account has just been removed")
    signed_in, events = account.sign_in(clock.now())
    await accounts.save(signed_in, events)
    return signed_in


async def _replace_hash(accounts: Accounts, account: Account, new: str, old: str) -> None:
    renewed = account.with_password_hash(new, instead_of=old)
    if renewed is account:
        return
    try:
        await accounts.save(renewed, ())
    except ConcurrentUpdate:
        return  # the next sign-in does it
