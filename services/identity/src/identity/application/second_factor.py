"""A second factor of one's own: begin, confirm, end; and using a code up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from common.auth import Caller
from common.clock import Clock
from common.ids import new_id

from identity.application.outgoing_mail import Notice, Outgoing
from identity.application.ports import Accounts, Factors, Passwords
from identity.application.queries import own_account
from identity.application.retry import retrying
from identity.domain import credentials
from identity.domain.account import Account
from identity.domain.errors import ProofInvalid, TotpActive, TotpNotBegun
from identity.domain.mail import Kind
from identity.domain.second_factor import RECOVERY_CODES, SecondFactor, is_totp, plain

_WRONG = "password or code is not right"


@dataclass(frozen=True, slots=True)
class Begun:
    """What the app is told; shown once."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


async def begin(
    accounts: Accounts, passwords: Passwords, factors: Factors, caller: Caller, password: str
) -> Begun:
    """A secret for the app, instead of any that was not confirmed.

    Raises Invalid, ProofInvalid, TotpActive, Limited, ConcurrentUpdate.
    """
    account = await own_account(accounts, caller)
    await check_password(passwords, account, password)
    secret, uri, sealed = factors.new_secret(account.id, account.handle)

    async def attempt() -> None:
        current = await own_account(accounts, caller)
        if current.second_factor and current.second_factor.active:
            raise TotpActive("sign-in needs a code already; end that first")
        await accounts.save(current.with_second_factor(SecondFactor(sealed)), ())

    await retrying(attempt)
    return Begun(secret, uri)


async def confirm(
    accounts: Accounts, factors: Factors, outgoing: Outgoing, clock: Clock, caller: Caller,
    code: str,
) -> list[str]:  # fmt: skip
    """Recovery codes, now that sign-in needs a code; she is told by mail.

    Raises ProofInvalid, TotpActive, TotpNotBegun, ConcurrentUpdate.
    """
    codes = [factors.new_recovery_code() for _ in range(RECOVERY_CODES)]
    change = new_id()

    async def attempt() -> None:
        account, now = await own_account(accounts, caller), clock.now()
        factor = account.second_factor
        if factor is None:
            raise TotpNotBegun("there is no secret to confirm yet")
        if factor.active:
            raise TotpActive("sign-in needs a code already")
        step = _step(factors, account.id, factor, plain(code), now)
        if step is None:
            raise ProofInvalid(_WRONG)
        hashed = [factors.hash_recovery(account.id, plain(one)) for one in codes]
        confirmed = factor.confirm(step, hashed, now)
        await outgoing.tell(Notice(Kind.SECOND_FACTOR_ADDED, account, change))
        await accounts.save(account.with_second_factor(confirmed), ())

    await retrying(attempt)
    return codes


async def end(
    accounts: Accounts, passwords: Passwords, factors: Factors, outgoing: Outgoing, caller: Caller,
    proof: Proof,
) -> None:  # fmt: skip
    """No second factor any more, of which she is told by mail; nothing happens where there is none.

    Raises Invalid, ProofInvalid, Limited, ConcurrentUpdate.
    """
    change = new_id()
    await check_password(passwords, await own_account(accounts, caller), proof.password)

    async def attempt() -> None:
        account = await own_account(accounts, caller)
        factor = account.second_factor
        if factor is None:
            return
        if factor.active and use(factors, account.id, factor, proof) is None:
            raise ProofInvalid(_WRONG)
        if factor.active:
            await outgoing.tell(Notice(Kind.SECOND_FACTOR_REMOVED, account, change))
        await accounts.save(account.with_second_factor(None), ())

    await retrying(attempt)


@dataclass(frozen=True, slots=True)
class Proof:
    """A code somebody shows, and when; and her password, where it is not known to be right."""

    code: str = field(repr=False)
    at: datetime
    password: str = field(default="", repr=False)


def use(factors: Factors, owner: UUID, factor: SecondFactor, proof: Proof) -> SecondFactor | None:
    """The factor with the code used up; None if it is wrong or was used before."""
    code = plain(proof.code)
    if not is_totp(code):
        return factor.use_recovery(factors.hash_recovery(owner, code))
    step = _step(factors, owner, factor, code, proof.at)
    return None if step is None else factor.use_step(step)


def _step(
    factors: Factors, owner: UUID, factor: SecondFactor, code: str, now: datetime
) -> int | None:
    return factors.step_of(owner, factor.sealed_secret, code, now) if is_totp(code) else None


async def check_password(passwords: Passwords, account: Account, password: str) -> None:
    """Let somebody signed in prove again who she is. Raises Invalid, ProofInvalid, Limited."""
    opens = account.credentials
    typed = credentials.password(password)
    if not await passwords.verify(typed, opens.password_hash if opens else None):
        raise ProofInvalid(_WRONG)
