"""A forgotten password, and whose an address is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from common.auth import Caller
from common.clock import Clock

from identity.application.end_sessions import save_told_or_not
from identity.application.outgoing_mail import Notice, Outgoing
from identity.application.ports import Accounts, Directory, Passwords
from identity.application.queries import own_account
from identity.application.retry import retrying
from identity.domain import credentials, recovering
from identity.domain.account import Account
from identity.domain.errors import LinkInvalid, ProofInvalid
from identity.domain.mail import Kind
from identity.domain.mail_link import UNUSABLE, LinkToken, Purpose, hash_secret, name_of
from identity.domain.network import check_slug


async def request_reset(directory: Directory, outgoing: Outgoing, network: str, email: str) -> None:
    """Have a mail sent to whoever has the account of this address in this network.

    Whether anybody has is looked up when the mail is written, so that asking does the same work
    either way: one look-up of the network, one write. Raises Invalid.
    """
    check_slug(network, "network")
    address = credentials.email(email)
    found = await directory.networks.by_slug(network)
    await outgoing.to_whoever(Kind.RESET, found.id if found else None, address)


@dataclass(frozen=True, slots=True)
class Reset:
    """What somebody hands in who has the mail."""

    token: str = field(repr=False)
    password: str = field(repr=False)
    keep_passkeys: bool = False


Spend = Callable[[bytes], Awaitable[None]]
"""Counts one use of what may be guessed at, by a name for it. Raises Limited."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """What choosing another password stands on; `spend` counts each time a used link is tried."""

    directory: Directory
    passwords: Passwords
    outgoing: Outgoing
    clock: Clock
    spend: Spend

    async def reset(self, reset: Reset) -> None:
        """Set another password and sign out everywhere, in one write, and tell her by mail.

        Whoever lost the answer is answered as before, for a short while and for the same wish.
        Raises Invalid, LinkInvalid, Limited, ConcurrentUpdate.
        """
        chosen, link = credentials.new_password(reset.password), LinkToken.parse(reset.token)
        try:
            await self._reset(link, chosen, keep_passkeys=reset.keep_passkeys)
        except LinkInvalid:
            await self._check_done(link, chosen, keep_passkeys=reset.keep_passkeys)

    async def _reset(self, link: LinkToken, chosen: str, *, keep_passkeys: bool) -> None:
        accounts, now = self.directory.accounts(link.network_id), self.clock.now()
        before = await _account(accounts, link)
        before.opened(Purpose.RESET, link.secret, now)
        hashed = await self.passwords.hash(chosen)
        await self.outgoing.tell(Notice(Kind.PASSWORD_CHANGED, before, name_of(link.secret)))

        async def attempt() -> None:
            account = await _account(accounts, link)
            await save_told_or_not(accounts, *recovering.reset_password(
                account, link.secret, hashed, self.clock.now(), keep_passkeys=keep_passkeys
            ))  # fmt: skip

        await retrying(attempt)
        await self.directory.devices(link.network_id).remove_all(link.account_id)

    async def _check_done(self, link: LinkToken, chosen: str, *, keep_passkeys: bool) -> None:
        """Raise LinkInvalid unless this password was set with this link a short while ago, and no
        passkey is left if none was to be kept.

        That could be a way to guess the password, so it is counted.
        """
        account = await _account(self.directory.accounts(link.network_id), link)
        if not recovering.used(account, link.secret, self.clock.now()):
            raise LinkInvalid(UNUSABLE)
        await self.spend(hash_secret(link.secret))
        opens = account.credentials
        if not await self.passwords.verify(chosen, opens.password_hash if opens else None):
            raise LinkInvalid(UNUSABLE)
        if account.passkeys and not keep_passkeys:
            raise LinkInvalid(UNUSABLE)  # it is too late to end them with this link


async def request_verification(accounts: Accounts, outgoing: Outgoing, caller: Caller) -> None:
    """Have a mail sent that confirms the caller's address. Raises Unauthenticated."""
    account = await own_account(accounts, caller)
    await outgoing.to_member(Kind.VERIFY, account.network_id, account.id)


async def change_email(
    accounts: Accounts, passwords: Passwords, outgoing: Outgoing, caller: Caller, email: str,
    password: str,
) -> None:  # fmt: skip
    """Have a mail sent to another address, which counts once it is confirmed.

    Raises Invalid, ProofInvalid, Unauthenticated, Limited.
    """
    address, typed = credentials.new_email(email), credentials.password(password)
    account = await own_account(accounts, caller)
    opens = account.credentials
    if not await passwords.verify(typed, opens.password_hash if opens else None):
        raise ProofInvalid("the password is not right")
    await outgoing.to_member(Kind.VERIFY, account.network_id, account.id, address)


async def verify_email(directory: Directory, outgoing: Outgoing, clock: Clock, token: str) -> None:
    """Confirm the address a link was sent to; if it is another, it is the account's from now on,
    and the one before is told. Raises LinkInvalid, EmailTaken, ConcurrentUpdate.
    """
    link = LinkToken.parse(token)
    accounts = directory.accounts(link.network_id)

    async def attempt() -> None:
        account = await _account(accounts, link)
        verified = account.verify_email(link.secret, clock.now())
        before, after = account.credentials, verified.credentials
        if before and after and before.email != after.email:
            await outgoing.tell(Notice(Kind.EMAIL_CHANGED, account, name_of(link.secret)))
        await accounts.save(verified, ())

    await retrying(attempt)


async def _account(accounts: Accounts, link: LinkToken) -> Account:
    account = await accounts.get(link.account_id)
    if account is None or account.closed:
        raise LinkInvalid(UNUSABLE)
    return account
