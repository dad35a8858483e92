"""A forgotten password, and whose an address is."""

from __future__ import annotations

from common.auth import Caller
from common.clock import Clock

from identity.application.outgoing_mail import Outgoing
from identity.application.ports import Accounts, Directory, Passwords
from identity.application.queries import own_account
from identity.application.retry import retrying
from identity.domain import credentials
from identity.domain.account import Account, SessionsEnded
from identity.domain.errors import LinkInvalid, ProofInvalid
from identity.domain.mail import Kind
from identity.domain.mail_link import UNUSABLE, LinkToken, Purpose
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


async def reset_password(
    directory: Directory, passwords: Passwords, outgoing: Outgoing, clock: Clock, token: str,
    password: str,
) -> None:  # fmt: skip
    """Set another password and sign out everywhere, in one write; then tell her by mail.

    Raises Invalid, LinkInvalid, Limited, ConcurrentUpdate.
    """
    chosen, link = credentials.new_password(password), LinkToken.parse(token)
    accounts = directory.accounts(link.network_id)
    (await _account(accounts, link)).opened(Purpose.RESET, link.secret, clock.now())
    hashed = await passwords.hash(chosen)

    async def attempt() -> Account:
        account = await _account(accounts, link)
        changed = account.reset_password(link.secret, hashed, clock.now())
        await accounts.save(changed, [SessionsEnded(clock.now())])
        return changed

    account = await retrying(attempt)
    await directory.devices(account.network_id).remove_all(account.id)
    await outgoing.to_member(Kind.PASSWORD_CHANGED, account.network_id, account.id)


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

    async def attempt() -> tuple[str, Account]:
        account = await _account(accounts, link)
        verified = account.verify_email(link.secret, clock.now())
        await accounts.save(verified, ())
        return account.credentials.email if account.credentials else "", verified

    before, account = await retrying(attempt)
    if account.credentials and account.credentials.email != before:
        await outgoing.to_member(Kind.EMAIL_CHANGED, account.network_id, account.id, before)


async def _account(accounts: Accounts, link: LinkToken) -> Account:
    account = await accounts.get(link.account_id)
    if account is None or account.closed:
        raise LinkInvalid(UNUSABLE)
    return account
