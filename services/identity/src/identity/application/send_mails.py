"""What empties the queue of mails: one try of one mail at a time, each safe to repeat.

A mail is claimed before it is tried, so of two processes one sends it. Whoever is killed after the
mail server took it and before that is noted sends it a second time, with the same link.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from common import log
from common.clock import Clock
from common.errors import ConcurrentUpdate, Invalid, Unavailable

from identity.application.joining_ports import JoinLinks
from identity.application.mail_ports import Mails, Post, Seal
from identity.application.ports import Accounts, Digest, Directory
from identity.application.retry import retrying
from identity.domain.account import Account
from identity.domain.applying import Confirmed
from identity.domain.mail import Kind, Letter, Mail
from identity.domain.mail_link import LIVES, SECRET_BYTES, Link, LinkToken, Purpose, hash_secret

logger = log.get(__name__)
Outcome = Literal["sent", "delayed", "refused", "expired", "nobody", "taken"]
"""`nobody`: there is no account it is for, or nothing to confirm any more."""
PURPOSES = {Kind.RESET: Purpose.RESET, Kind.VERIFY: Purpose.VERIFY}


@dataclass(frozen=True, slots=True)
class Postman:
    """`secrets` makes the secret of a link from the id of its mail, with a key; `join_links` makes
    links for who has no account that could keep one."""

    directory: Directory
    mails: Mails
    post: Post
    seal: Seal
    secrets: Digest
    clock: Clock
    join_links: JoinLinks

    async def step(self, mail: Mail) -> Outcome:
        """Try a mail that is due, and say what became of it."""
        now = self.clock.now()
        try:
            if mail.expires_at <= now:
                await self.mails.drop(mail)
                logger.warning("mail.expired", kind=str(mail.kind), tries=mail.tries)
                return "expired"
            mail = mail.claim(now)
            await self.mails.save(mail)
            mail, outcome = await self._try(mail)
            if outcome == "nobody" and mail.about:
                await self.mails.drop(mail)  # or the same, done later, would count as told
            elif outcome != "delayed":
                await self.mails.save(mail.done())
            return outcome
        except ConcurrentUpdate:
            return "taken"

    async def _try(self, mail: Mail) -> tuple[Mail, Outcome]:
        """Write it and hand it over. No address is logged."""
        about = {"kind": str(mail.kind), "tries": mail.tries}
        try:
            mail, letter = await self._write(mail)
            if letter is None:
                return mail, "nobody"
            await self.post.send(letter)
        except Unavailable as error:
            logger.warning("mail.delayed", **about, error=error.message)
            return mail, "delayed"
        except Invalid as error:
            logger.warning("mail.refused", **about, error=error.message)
            return mail, "refused"
        logger.info("mail.sent", **about)
        return mail, "sent"

    async def _write(self, mail: Mail) -> tuple[Mail, Letter | None]:
        """The letter, its link kept in the account; None when there is nobody to send it to."""
        accounts = self.directory.accounts(mail.network_id)
        address = self.seal.open(mail.id, mail.sealed) if mail.sealed is not None else ""
        account = (
            await accounts.get(mail.member_id) if mail.member_id
            else await accounts.by_email(address)
        )  # fmt: skip
        if account is None:
            return mail, self._to_stranger(mail, address)
        if account.closed or account.credentials is None or not still_so(account, mail, address):
            return mail, None
        to = address or account.credentials.email
        if mail.kind is Kind.JOIN:
            return mail, Letter(mail.id, Kind.ALREADY_THERE, to)
        if mail.kind not in PURPOSES:
            declined = account.admission.declined if account.admission else None
            return mail, Letter(
                mail.id, mail.kind, to, reason=str(declined or ""), passkeys=len(account.passkeys)
            )
        if mail.kind is Kind.VERIFY:
            if account.credentials.email == to and account.email_verified:
                return mail, None
            other = await accounts.by_email(to)
            if other is not None and other.id != account.id:
                return mail, Letter(mail.id, Kind.ALREADY_THERE, to)
        return await self._with_link(accounts, account, mail, to)

    def _to_stranger(self, mail: Mail, address: str) -> Letter | None:
        """To who has no account: only what lets her make one."""
        if mail.kind is not Kind.JOIN:
            return None
        token = self.join_links.make(Confirmed(mail.network_id, address), mail.expires_at)
        return Letter(mail.id, mail.kind, address, token)

    async def _with_link(
        self, accounts: Accounts, account: Account, mail: Mail, to: str
    ) -> tuple[Mail, Letter | None]:
        secret = self.secrets("link", str(mail.id))[:SECRET_BYTES]
        if not mail.prepared:
            purpose = PURPOSES[mail.kind]
            link = Link(purpose, hash_secret(secret), to, mail.made_at + LIVES[purpose])

            async def attempt() -> None:
                current = await accounts.get(account.id)
                if current is not None:
                    changed = current.with_link(link)
                    if changed is not current:
                        await accounts.save(changed, ())

            await retrying(attempt)
            mail = mail.prepare()
            await self.mails.save(mail)
        token = LinkToken(account.network_id, account.id, secret).text()
        return mail, Letter(mail.id, mail.kind, to, token)


def still_so(account: Account, mail: Mail, address: str) -> bool:
    """Whether what a notice tells of, to the `address` of before it, was done, and stands."""
    passkeys = [one.id for one in account.passkeys]
    factor = account.second_factor
    match mail.kind:
        case Kind.PASSKEY_ADDED:
            return mail.about in passkeys
        case Kind.PASSKEY_REMOVED:
            return mail.about not in passkeys
        case Kind.SECOND_FACTOR_ADDED:
            return factor is not None and factor.active
        case Kind.SECOND_FACTOR_REMOVED:
            return factor is None or not factor.active
        case Kind.PASSWORD_CHANGED:
            used = account.used_link
            return mail.about is None or (used is not None and used.hash[:16] == mail.about.bytes)
        case Kind.EMAIL_CHANGED:
            return account.credentials is not None and account.credentials.email != address
        case Kind.APPLICATION_ENDS:
            return account.admission is not None and account.admission.declined is None
        case _:
            return True
