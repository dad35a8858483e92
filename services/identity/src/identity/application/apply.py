"""Join without an invite: be on the sponsor's roster, or wait for an admin to decide."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from common.clock import Clock
from common.ids import new_id

from identity.application.joining_ports import HashEligible, Roster
from identity.application.ports import Accounts, Directory, Passwords
from identity.application.retry import retrying
from identity.domain import credentials
from identity.domain.account import Account, Credentials, hash_request, join
from identity.domain.admission import checked_note
from identity.domain.applying import apply_to_join
from identity.domain.consent import Choice
from identity.domain.errors import ConsentRequired, EmailTaken, HandleTaken, JoiningRefused
from identity.domain.network import Network
from identity.domain.network_rules import Opening, Stated
from identity.domain.owed import accepted
from identity.domain.role import Role
from identity.domain.roster import REFUSED, Eligible
from identity.domain.text import Texts


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody hands in who has no invite; `network` is a slug."""

    network: str
    handle: str
    email: str = field(repr=False)
    password: str = field(repr=False)
    stated: Stated = field(default_factory=Stated, repr=False)
    eligible: Eligible | None = field(default=None, repr=False)
    note: str = field(default="", repr=False)
    request_id: str = field(default="", repr=False)
    service_text_version: int = 0  # of the text of *service* that she accepted; 0 for none


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of it: her account, or that the address has one already, which she is mailed."""

    network: Network
    account: Account | None

    @property
    def waits(self) -> bool:
        """Whether an admin decides; the same of who has an account already."""
        return self.account is None or self.account.admission is not None


async def apply(
    directory: Directory, passwords: Passwords, clock: Clock, texts: Texts, wish: Wish,
    hash_eligible: HashEligible,
) -> Applied:  # fmt: skip
    """Create an account, open or waiting; the same again for the same request.

    Asking to join is accepting the text of *service*, as registering is.
    Whoever is refused has cost a hash and a look-up, as who is let in has, whatever was wrong.
    Raises Invalid, JoiningRefused, AgeNotMet, ConsentRequired, HandleTaken, EmailTaken, Limited,
    ConcurrentUpdate.
    """
    wish = replace(
        wish, handle=credentials.handle(wish.handle), email=credentials.new_email(wish.email),
        password=credentials.new_password(wish.password), note=checked_note(wish.note),
    )  # fmt: skip
    request = hash_request(wish.network, wish.request_id)
    network = await directory.networks.by_slug(wish.network)
    opens = Credentials(wish.email, await passwords.hash(wish.password))
    if network is None or network.opening is Opening.INVITE:
        raise JoiningRefused(REFUSED)
    network.check_age(wish.stated, clock.now())
    accounts = directory.accounts(network.id)
    try:
        joining = Choice(True, accepted(texts, wish.service_text_version, clock.now()))
        made = _Made(network, wish, opens, request, joining, clock.now())
        if network.opening is Opening.APPROVAL:
            return await _wait(accounts, made)
        return await _enter(directory, made, hash_eligible)
    except (JoiningRefused, ConsentRequired, HandleTaken, EmailTaken):
        known = await accounts.by_email(wish.email) if request else None
        hashed = known.credentials if known and known.registered_by == request else None
        if known and hashed and await passwords.verify(wish.password, hashed.password_hash):
            return Applied(network, known)  # by this very request, whose answer was lost
        raise


@dataclass(frozen=True, slots=True)
class _Made:
    network: Network
    wish: Wish
    opens: Credentials
    request: bytes | None
    joining: Choice
    now: datetime


async def _wait(accounts: Accounts, made: _Made) -> Applied:
    network, wish = made.network, made.wish
    waiting = apply_to_join(new_id(), network.id, wish.handle, made.opens, wish.note, made.now)
    agreed, _ = waiting.decide(made.joining, made.now)  # nobody is told of it before she is let in
    account = replace(agreed, registered_by=made.request)
    try:
        await accounts.add(account, ())
    except EmailTaken:
        return Applied(network, None)  # told by mail, to whom the address belongs
    return Applied(network, account)


async def _enter(directory: Directory, made: _Made, hash_eligible: HashEligible) -> Applied:
    network, wish = made.network, made.wish
    if wish.eligible is None:
        raise JoiningRefused(REFUSED)
    roster, accounts = directory.roster(network.id), directory.accounts(network.id)
    hashed = hash_eligible(network.id, wish.eligible)
    account, events = join(
        new_id(), network.id, wish.handle, made.opens, frozenset({Role.MEMBER}), made.now
    )
    account, agreed = account.decide(made.joining, made.now)
    account = replace(account, registered_by=made.request)
    await retrying(lambda: _take(roster, accounts, hashed, account.id, made.now))
    try:
        await accounts.add(account, (*agreed, *events))
    except (HandleTaken, EmailTaken):
        await retrying(lambda: _give_back(roster, hashed, account.id))
        raise
    return Applied(network, account)


async def _take(
    roster: Roster, accounts: Accounts, hashed: bytes, account_id: UUID, now: datetime
) -> None:
    entry = await roster.get(hashed)
    if entry is None:
        raise JoiningRefused(REFUSED)
    if entry.taken_by == account_id:
        return  # the write before succeeded and only its answer was lost
    doubtful = entry.in_doubt(now)
    if doubtful is not None and not await accounts.rule_out([doubtful]):
        entry = entry.give_up()
    await roster.save(entry.take(account_id, now))


async def _give_back(roster: Roster, hashed: bytes, account_id: UUID) -> None:
    entry = await roster.get(hashed)
    if entry is not None and entry.taken_by == account_id:
        await roster.save(entry.give_back())
