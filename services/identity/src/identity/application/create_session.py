"""Sign in; whoever fails learns nothing about who has an account."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from common.clock import Clock
from common.errors import ConcurrentUpdate
from common.ids import new_id

from identity.application.end_sessions import end_session
from identity.application.ports import (
    Accounts,
    Directory,
    Factors,
    Passwords,
    Session,
    Tokens,
)
from identity.application.retry import retrying
from identity.application.second_factor import Proof, use
from identity.domain import credentials
from identity.domain.account import Account
from identity.domain.device import MAX_DEVICES, SECRET_BYTES, checked_label, sign_in_on
from identity.domain.errors import CredentialsInvalid, SecondFactorInvalid, SecondFactorNeeded
from identity.domain.second_factor import SecondFactor

ONE_FACTOR, TWO_FACTORS = ("pwd",), ("pwd", "otp", "mfa")
"""How somebody signed in, as tokens say it (RFC 8176); a recovery code is a one-time password."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody claims who wants to sign in; `network` is a slug."""

    network: str
    email: str = field(repr=False)
    password: str = field(repr=False)
    device_label: str = field(default="", repr=False)
    code: str = field(default="", repr=False)


async def create_session(
    directory: Directory, passwords: Passwords, tokens: Tokens, clock: Clock, attempt: Attempt,
    factors: Factors,
) -> Session:  # fmt: skip
    """Tokens for a new device of who knows the password; the device unused longest may go.

    An unknown network or address costs a verification too. A crash in the middle leaves nothing
    but a sign-in that was told, or a device that nobody holds a token of. Raises Invalid,
    CredentialsInvalid, SecondFactorNeeded, SecondFactorInvalid, ApprovalPending,
    ApplicationDeclined, Limited, Unavailable, ConcurrentUpdate.
    """
    email, password = credentials.email(attempt.email), credentials.password(attempt.password)
    label = checked_label(attempt.device_label)
    found = await _find(directory, attempt.network, email)
    opens = found.credentials if found else None
    matches = await passwords.verify(password, opens.password_hash if opens else None)
    if found is None or found.closed or opens is None or not matches:
        raise CredentialsInvalid("network, e-mail address and password do not belong together")
    accounts = directory.accounts(found.network_id)
    proof = Proof(attempt.code, clock.now())
    account = await retrying(lambda: _sign_in(accounts, factors, found, proof))
    if passwords.outdated(opens.password_hash):
        renewed = await passwords.hash(password)
        await _replace_hash(accounts, account, renewed, opens.password_hash)
    amr = TWO_FACTORS if account.second_factor and account.second_factor.active else ONE_FACTOR
    return await issue_session(directory, tokens, account, label, clock, amr)


async def issue_session(
    directory: Directory, tokens: Tokens, account: Account, label: str, clock: Clock,
    amr: tuple[str, ...] = (),
) -> Session:  # fmt: skip
    """Tokens for a new device of who has just signed in, by whatever way; `amr` says which.

    Of too many devices the one unused longest is signed out. Raises ConcurrentUpdate.
    """
    now, secret = clock.now(), secrets.token_bytes(2 * SECRET_BYTES)
    device, token = sign_in_on(account, new_id(), label, secret, now, amr)
    devices = directory.devices(account.network_id)
    await devices.add(device)
    known = await devices.of(account.id)
    signed_in = [one for one in known if one.signed_in(account.session_epoch, now)]
    for surplus in signed_in[MAX_DEVICES:]:
        if surplus.id != device.id:
            await end_session(directory, clock, surplus)
    return tokens.issue(account, device, token.text(), now)


async def _find(directory: Directory, slug: str, email: str) -> Account | None:
    network = await directory.networks.by_slug(slug)
    return await directory.accounts(network.id).by_email(email) if network else None


async def _sign_in(accounts: Accounts, factors: Factors, found: Account, proof: Proof) -> Account:
    account = await accounts.get(found.id)
    if account is None or account.closed or account.session_epoch != found.session_epoch:
        # what was verified may be what all sessions were just ended for
        raise CredentialsInvalid("this account has just been removed or signed out; try again")
    account.check_admitted()
    signed_in, events = account.sign_in(proof.at, _used(factors, account, proof))
    await accounts.save(signed_in, events)
    return signed_in


def _used(factors: Factors, account: Account, proof: Proof) -> SecondFactor | None:
    """The second factor with the code used up, in the write that signs in; None without one."""
    factor = account.second_factor
    if factor is None or not factor.active:
        return None
    if not proof.code:
        raise SecondFactorNeeded("a code of your authenticator app is needed too")
    used = use(factors, account.id, factor, proof)
    if used is None:
        raise SecondFactorInvalid("the code is not right, or was used before")
    return used


async def _replace_hash(accounts: Accounts, account: Account, new: str, old: str) -> None:
    renewed = account.with_password_hash(new, instead_of=old)
    if renewed is account:
        return
    try:
        await accounts.save(renewed, ())
    except ConcurrentUpdate:
        return  # the next sign-in does it
