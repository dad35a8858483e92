"""Passkeys of one's own, and signing in with one."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from common import log
from common.auth import Caller
from common.clock import Clock
from common.ids import new_id

from identity.application.create_session import issue_session
from identity.application.outgoing_mail import Notice, Outgoing
from identity.application.ports import Accounts, Digest, Directory, Passwords, Session, Tokens
from identity.application.ports_passkeys import Answered, Authenticators, Claim, Owner
from identity.application.queries import own_account
from identity.application.retry import retrying
from identity.application.second_factor import check_password
from identity.domain import challenge, passkey
from identity.domain.account import Account
from identity.domain.challenge import Asked, Purpose
from identity.domain.device import checked_label
from identity.domain.errors import CredentialsInvalid, PasskeyInvalid
from identity.domain.mail import Kind
from identity.domain.passkey import REFUSED, Passkey

logger = log.get(__name__)

POSSESSED = ("pop", "mfa")
"""How somebody signed in, as tokens say it (RFC 8176): a key, and who holds it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A device's answer that is to become a passkey."""

    answer: str = field(repr=False)
    transports: tuple[str, ...]
    label: str


@dataclass(frozen=True, slots=True)
class Passkeys:
    """Everything that is done with passkeys; `digest` keys challenges."""

    directory: Directory
    passwords: Passwords
    tokens: Tokens
    authenticators: Authenticators
    answered: Answered
    digest: Digest
    clock: Clock
    outgoing: Outgoing

    async def begin(self, caller: Caller, password: str) -> str:
        """Options for a new one. Raises Invalid, ProofInvalid, Limited, Unauthenticated."""
        account = await own_account(self._accounts(caller), caller)
        await check_password(self.passwords, account, password)
        owner = handle_of(account.network_id, account.id)
        asked = self._challenge(_of_creation(account))
        return self.authenticators.ask_to_create(
            Owner(owner, account.handle), account.passkeys, asked
        )

    async def create(self, caller: Caller, wanted: Wanted) -> Passkey:
        """The new one, unless she was signed out everywhere since the password was typed.

        Raises Invalid, PasskeyInvalid, Unauthenticated, ConcurrentUpdate.
        """
        passkey.checked_label(wanted.label)
        claim = self.authenticators.read(wanted.answer)
        before = await own_account(self._accounts(caller), caller)
        asked = _of_creation(before)
        if not await self._take(claim, asked):
            raise PasskeyInvalid("this was not asked, was answered already, or took too long")
        created = self.authenticators.verify_created(wanted.answer, claim.challenge)
        if created is None:
            raise PasskeyInvalid("this passkey cannot be verified")
        new = Passkey(
            new_id(), created.credential_id, created.public_key, created.sign_count,
            wanted.transports, wanted.label, self.clock.now(),
        )  # fmt: skip

        def add(account: Account) -> Account:
            if _of_creation(account) != asked:
                raise PasskeyInvalid("you were signed out meanwhile; begin again")
            return passkey.add(account, new)

        await self.outgoing.tell(Notice(Kind.PASSKEY_ADDED, before, new.id))
        account = await self._change(caller, add)
        return next(one for one in account.passkeys if one.id == new.id)

    async def of(self, caller: Caller) -> Sequence[Passkey]:
        """The caller's, oldest first. Raises Unauthenticated."""
        return (await own_account(self._accounts(caller), caller)).passkeys

    async def rename(self, caller: Caller, id: UUID, label: str) -> Passkey:
        """One with another label. Raises Invalid, PasskeyNotFound, ConcurrentUpdate."""
        account = await self._change(caller, lambda account: passkey.rename(account, id, label))
        return next(one for one in account.passkeys if one.id == id)

    async def remove(self, caller: Caller, id: UUID) -> None:
        """Let one open nothing any more. Raises Unauthenticated, ConcurrentUpdate."""
        before = await own_account(self._accounts(caller), caller)
        if any(one.id == id for one in before.passkeys):
            await self.outgoing.tell(Notice(Kind.PASSKEY_REMOVED, before, id))
        await self._change(caller, lambda account: passkey.remove(account, id))

    def begin_sign_in(self) -> str:
        """Options to sign in with, the same for everybody but for the challenge."""
        return self.authenticators.ask_to_sign_in(self._challenge(Asked(Purpose.SIGN_IN)))

    async def sign_in(self, answer: str, claim: Claim, device_label: str) -> Session:
        """Tokens for a new device of whose passkey it is; a second factor is not asked for.

        The device has made sure who holds it: holding it and that are two factors. Whatever is
        wrong is answered alike, and an unknown account costs a verification too. Raises Invalid,
        CredentialsInvalid, Unavailable, ConcurrentUpdate.
        """
        label = checked_label(device_label)
        if not await self._take(claim, Asked(Purpose.SIGN_IN)):
            raise CredentialsInvalid(REFUSED)
        found = await self._find(claim)
        known = _known(found, claim)
        count = self.authenticators.verify_used(answer, claim.challenge, known)
        if found is None or known is None or count is None:
            raise CredentialsInvalid(REFUSED)
        accounts, id, said = self.directory.accounts(found.network_id), known.id, count

        async def attempt() -> Account:
            account = await accounts.get(found.id)
            if account is None or account.closed or account.session_epoch != found.session_epoch:
                raise CredentialsInvalid(REFUSED)
            signed_in, events = passkey.sign_in(account, id, said, self.clock.now())
            await accounts.save(signed_in, events)
            return signed_in

        account = await retrying(attempt)
        return await issue_session(
            self.directory, self.tokens, account, label, self.clock, POSSESSED
        )

    async def _find(self, claim: Claim) -> Account | None:
        if len(claim.owner) != 32:
            return None
        network_id, member_id = UUID(bytes=claim.owner[:16]), UUID(bytes=claim.owner[16:])
        account = await self.directory.accounts(network_id).get(member_id)
        there = account and not account.closed and account.admission is None
        return account if there else None

    async def _take(self, claim: Claim, asked: Asked) -> bool:
        until = challenge.good_until(self.digest, asked, claim.challenge, self.clock.now())
        return until is not None and await self.answered.take(
            challenge.name(claim.challenge), until
        )

    async def _change(self, caller: Caller, change: Callable[[Account], Account]) -> Account:
        accounts = self._accounts(caller)

        async def attempt() -> Account:
            before = await own_account(accounts, caller)
            after = change(before)
            if after is not before:
                await accounts.save(after, ())
            return after

        return await retrying(attempt)

    def _challenge(self, asked: Asked) -> bytes:
        nonce = secrets.token_bytes(challenge.NONCE_BYTES)
        return challenge.make(self.digest, asked, nonce, self.clock.now())

    def _accounts(self, caller: Caller) -> Accounts:
        return self.directory.accounts(caller.network_id)


def _of_creation(account: Account) -> Asked:
    """It ends with the sessions: whoever is signed out has no passkey to come."""
    owner = handle_of(account.network_id, account.id)
    return Asked(Purpose.CREATE, owner + account.session_epoch.to_bytes(8, "big"))


def handle_of(network_id: UUID, member_id: UUID) -> bytes:
    """What a device keeps to say whose a passkey is: two random ids (WebAuthn §14.6.1)."""
    return network_id.bytes + member_id.bytes


def _known(account: Account | None, claim: Claim) -> Passkey | None:
    if account is None:
        return None
    return next((one for one in account.passkeys if one.credential_id == claim.credential_id), None)
