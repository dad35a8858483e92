"""Join without an invite: confirm an address, then be on the sponsor's roster, or wait for an admin
to decide."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from common.clock import Clock
from common.errors import Limited
from common.ids import new_id

from identity.application.joining_ports import HashEligible, JoinLinks, Roster
from identity.application.outgoing_mail import Outgoing
from identity.application.ports import Accounts, Directory, Passwords
from identity.application.retry import retrying
from identity.domain import credentials
from identity.domain.account import Account, Credentials, hash_request, join
from identity.domain.admission import WARNED_AFTER, checked_note
from identity.domain.applying import MAX_WAITING, Confirmed, apply_to_join
from identity.domain.consent import Choice
from identity.domain.errors import ConsentRequired, EmailTaken, HandleTaken, JoiningRefused
from identity.domain.mail import Kind
from identity.domain.network import Network
from identity.domain.network_rules import Opening, Stated
from identity.domain.owed import accepted
from identity.domain.role import Role
from identity.domain.roster import REFUSED, Eligible
from identity.domain.text import Texts


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody hands in who has no invite, with the link of the mail that confirms her
    address."""

    token: str = field(repr=False)
    handle: str
    password: str = field(repr=False)
    stated: Stated = field(default_factory=Stated, repr=False)
    eligible: Eligible | None = field(default=None, repr=False)
    note: str = field(default="", repr=False)
    service_text_version: int = 0  # of the text of *service* that she accepted; 0 for none


async def network_open_to_all(directory: Directory, slug: str) -> Network:
    """The network of this name, if it can be joined without an invite. Raises JoiningRefused."""
    network = await directory.networks.by_slug(slug)
    if network is None or network.opening is Opening.INVITE:
        raise JoiningRefused(REFUSED)
    return network


@dataclass(frozen=True, slots=True)
class Joining:
    """What joining without an invite stands on."""

    directory: Directory
    passwords: Passwords
    clock: Clock
    texts: Texts
    outgoing: Outgoing
    hash_eligible: HashEligible
    links: JoinLinks

    async def complete(self, wish: Wish) -> Account:
        """Make the account, open or waiting; the same again for the same link and password.

        Joining is accepting the text of *service*, as registering is. Whoever is refused has cost
        a hash and a look-up, as who is let in has, whatever was wrong. Raises Invalid, LinkInvalid,
        JoiningRefused, AgeNotMet, ConsentRequired, HandleTaken, EmailTaken, Limited,
        ConcurrentUpdate.
        """
        now = self.clock.now()
        confirmed = self.links.open(wish.token, now)
        wish = replace(
            wish, handle=credentials.handle(wish.handle), note=checked_note(wish.note),
            password=credentials.new_password(wish.password),
        )  # fmt: skip
        request = hash_request(wish.token, "join")
        opens = Credentials(confirmed.email, await self.passwords.hash(wish.password))
        accounts = self.directory.accounts(confirmed.network_id)
        try:
            return await self._join(_Made(confirmed, wish, opens, request, now))
        except (Limited, JoiningRefused, ConsentRequired, HandleTaken, EmailTaken):
            known = await accounts.by_email(confirmed.email)
            hashed = known.credentials if known and known.registered_by == request else None
            if (
                known
                and hashed
                and await self.passwords.verify(wish.password, hashed.password_hash)
            ):
                return known  # by this very link, and the answer was lost
            raise

    async def _join(self, made: _Made) -> Account:
        network = await self.directory.networks.get(made.confirmed.network_id)
        if network is None or network.opening is Opening.INVITE:
            raise JoiningRefused(REFUSED)
        network.check_age(made.wish.stated, made.now)
        joining = Choice(True, accepted(self.texts, made.wish.service_text_version, made.now))
        if network.opening is Opening.APPROVAL:
            return await self._wait(made, joining)
        return await self._enter(made, joining)

    async def _wait(self, made: _Made, joining: Choice) -> Account:
        network_id, wish = made.confirmed.network_id, made.wish
        accounts = self.directory.accounts(network_id)
        if await accounts.count_waiting() >= MAX_WAITING:
            raise Limited("too many wait to be let in; try again tomorrow")
        waiting = apply_to_join(
            new_id(), network_id, wish.handle, made.opens, wish.note, made.now
        )  # fmt: skip
        agreed, _ = waiting.decide(joining, made.now)  # nobody is told before she is let in
        account = replace(agreed, registered_by=made.request)
        await self.outgoing.to_member(
            Kind.APPLICATION_ENDS, network_id, account.id, after=WARNED_AFTER
        )
        try:
            await accounts.add(account, ())
        except (HandleTaken, EmailTaken):
            await self.directory.mails.forget(account.id)
            raise
        return account

    async def _enter(self, made: _Made, joining: Choice) -> Account:
        network_id, wish = made.confirmed.network_id, made.wish
        if wish.eligible is None:
            raise JoiningRefused(REFUSED)
        roster = self.directory.roster(network_id)
        accounts = self.directory.accounts(network_id)
        hashed = self.hash_eligible(network_id, wish.eligible)
        account, events = join(
            new_id(), network_id, wish.handle, made.opens, frozenset({Role.MEMBER}), made.now
        )
        account, agreed = account.decide(joining, made.now)
        account = replace(account, registered_by=made.request, email_verified=True)
        await retrying(lambda: _take(roster, accounts, hashed, account.id, made.now))
        try:
            await accounts.add(account, (*agreed, *events))
        except (HandleTaken, EmailTaken):
            await retrying(lambda: _give_back(roster, hashed, account.id))
            raise
        return account


@dataclass(frozen=True, slots=True)
class _Made:
    confirmed: Confirmed
    wish: Wish
    opens: Credentials
    request: bytes | None
    now: datetime


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
