"""Join a network with an invite: reserve a seat, then create the account that takes it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from common.clock import Clock
from common.ids import new_id

from identity.application.ports import Accounts, Directory, Invites, Passwords
from identity.application.retry import retrying
from identity.domain import credentials
from identity.domain.account import Account, Credentials, hash_request, join
from identity.domain.consent import Choice
from identity.domain.errors import ConsentRequired, EmailTaken, HandleTaken, InviteInvalid
from identity.domain.invite import UNUSABLE, Invite, network_of
from identity.domain.network_rules import Stated
from identity.domain.owed import accepted
from identity.domain.text import Texts


@dataclass(frozen=True, slots=True)
class Application:
    """What somebody hands in who wants to join."""

    code: str = field(repr=False)
    handle: str
    email: str = field(repr=False)
    password: str = field(repr=False)
    request_id: str = field(default="", repr=False)
    stated: Stated = field(default_factory=Stated, repr=False)  # of her age; not kept
    service_text_version: int = 0  # of the text of *service* that she accepted; 0 for none


async def register(
    directory: Directory, passwords: Passwords, clock: Clock, texts: Texts, wanted: Application
) -> Account:
    """Create an account with the invite's roles; the same again for the same request.

    Joining is accepting the text of *service*: who registers names the version that was shown.

    A crash in the middle leaves a seat that is freed once it is stale, and no half account.
    Raises Invalid, InviteInvalid, AgeNotMet, ConsentRequired, HandleTaken, EmailTaken,
    Limited, ConcurrentUpdate.
    """
    wanted = replace(
        wanted, handle=credentials.handle(wanted.handle), email=credentials.new_email(wanted.email),
        password=credentials.new_password(wanted.password),
    )  # fmt: skip
    request = hash_request(wanted.code, wanted.request_id)
    accounts = directory.accounts(network_of(wanted.code))
    try:
        return await _join(directory, passwords, clock, texts, wanted, request)
    except (InviteInvalid, ConsentRequired, HandleTaken, EmailTaken):
        made = await accounts.by_email(wanted.email) if request else None
        opens = made.credentials if made and made.registered_by == request else None
        if made and opens and await passwords.verify(wanted.password, opens.password_hash):
            return made  # by this very request, whose answer was lost
        raise


async def _join(
    directory: Directory, passwords: Passwords, clock: Clock, texts: Texts, wanted: Application,
    request: bytes | None,
) -> Account:  # fmt: skip
    network_id = network_of(wanted.code)
    invites, accounts = directory.invites(network_id), directory.accounts(network_id)
    invite = await _open_invite(invites, wanted.code, clock.now())  # before any costly hash
    network = await directory.networks.get(network_id)
    if network is None:
        raise InviteInvalid(UNUSABLE)
    network.check_age(wanted.stated, clock.now())
    joining = Choice(True, accepted(texts, wanted.service_text_version, clock.now()))
    opens = Credentials(wanted.email, await passwords.hash(wanted.password))
    now = clock.now()
    account, created = join(new_id(), network_id, wanted.handle, opens, invite.terms.roles, now)
    account, agreed = account.decide(joining, now)
    account = replace(account, registered_by=request)
    await retrying(lambda: _reserve(invites, accounts, wanted.code, account.id, now))
    try:
        await accounts.add(account, (*agreed, *created))
    except (HandleTaken, EmailTaken):
        await retrying(lambda: _release(invites, wanted.code, account.id))
        raise
    return account


async def _open_invite(invites: Invites, code: str, now: datetime) -> Invite:
    invite = await invites.by_code(code)
    if invite is None:
        raise InviteInvalid(UNUSABLE)
    invite.check_open(now)
    return invite


async def _reserve(
    invites: Invites, accounts: Accounts, code: str, account_id: UUID, now: datetime
) -> None:
    invite = await _open_invite(invites, code, now)
    if invite.keeps_seat_for(account_id):
        return  # the write before succeeded and only its answer was lost
    if stale := invite.stale(now):
        invite = invite.settle(stale, await accounts.rule_out(stale))
    await invites.save(invite.reserve(account_id, now))


async def _release(invites: Invites, code: str, account_id: UUID) -> None:
    invite = await invites.by_code(code)
    if invite is not None and invite.keeps_seat_for(account_id):
        await invites.save(invite.release(account_id))
