"""An account: a person's place in one network, with everything she decided."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from common.errors import Invalid, Limited, Unauthenticated

from identity.domain.admission import Admission, DeclineReason
from identity.domain.consent import (
    TEXT_OF_SOURCE,
    Action,
    Choice,
    Decision,
    Method,
    decision_id,
)
from identity.domain.credentials import handle as checked_handle
from identity.domain.deed import Done
from identity.domain.errors import (
    ApplicationDecided,
    ApplicationDeclined,
    ApprovalPending,
    LinkInvalid,
)
from identity.domain.grant import Badge, Grant, Held, RolesChanged
from identity.domain.mail_link import UNUSABLE, Link
from identity.domain.mail_link import Purpose as LinkPurpose
from identity.domain.passkey import Passkey
from identity.domain.role import Role
from identity.domain.second_factor import SecondFactor
from identity.domain.text import Purpose

MAX_DECISIONS = 1_000
MAX_EXTERNAL_ID = 200
MAX_REQUEST_ID = 100


@dataclass(frozen=True, slots=True)
class Credentials:
    """What opens an account; never shown."""

    email: str = field(repr=False)
    password_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an imported account comes from; the same origin is the same account."""

    source: str
    external_id: str

    def __post_init__(self) -> None:
        """Raise Invalid unless the external id can be kept."""
        text = self.external_id
        if not 1 <= len(text) <= MAX_EXTERNAL_ID or not text.isprintable():
            raise Invalid(
                f"external_id must be 1 to {MAX_EXTERNAL_ID} printable characters",
                field="external_id",
            )


@dataclass(frozen=True, slots=True)
class AccountCreated:
    """Somebody joined, or was brought in."""

    at: datetime
    imported: bool


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody proved who she is."""

    at: datetime


@dataclass(frozen=True, slots=True)
class SignalsConsentChanged:
    """From now on signals of this member may be computed, or may not, under this text."""

    at: datetime
    granted: bool
    text_version: int
    imported: bool


@dataclass(frozen=True, slots=True)
class ConsentsChanged:
    """She decided; what she allows now, of all purposes, is in the account."""

    at: datetime
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class SessionsEnded:
    """She was signed out: of one device, or (None) everywhere, up to the epoch the account has."""

    at: datetime
    session_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AccountClosed:
    """She is leaving: nobody signs in any more, and nothing is computed of her."""

    at: datetime


Event = (
    AccountCreated
    | SignedIn
    | SignalsConsentChanged
    | ConsentsChanged
    | AccountClosed
    | RolesChanged
    | Done
    | SessionsEnded
)
Events = Sequence[Event]


@dataclass(frozen=True, slots=True)
class Account:
    """Signs in if it has credentials; an imported one has none until it is claimed."""

    id: UUID
    network_id: UUID
    handle: str
    roles: frozenset[Role]  # held; which of them are in force `held` knows
    created_at: datetime
    credentials: Credentials | None = None
    origin: Origin | None = None
    decisions: tuple[Decision, ...] = ()  # the latest of each purpose, the newest last
    session_epoch: int = 0  # devices signed in under an earlier one are signed out
    second_factor: SecondFactor | None = None
    registered_by: bytes | None = None  # hash of the request that made it, if it had a name
    version: int = 1
    closed: bool = False
    grants: tuple[Grant, ...] = ()  # of those roles that were given to her later
    badges: tuple[Badge, ...] = ()
    passkeys: tuple[Passkey, ...] = ()
    admission: Admission | None = None  # until she is let in; None of who is
    email_verified: bool = False
    links: tuple[Link, ...] = ()  # of mails to her, one for each purpose
    used_link: Link | None = None  # that set the password; of it nothing is left with the next one

    @property
    def held(self) -> Held:
        """Her roles, with what bounds them."""
        return Held(self.roles, self.grants, self.badges)

    @property
    def consents(self) -> Mapping[Purpose, Decision]:
        """The latest decision on each purpose that was ever decided."""
        return {decision.purpose: decision for decision in self.decisions}

    def sign_in(self, now: datetime, factor: SecondFactor | None = None) -> tuple[Account, Events]:
        """Remember that she was here, and which code she used up, if she needed one."""
        used = factor or self.second_factor
        return replace(self, second_factor=used, version=self.version + 1), (SignedIn(now),)

    def check_admitted(self) -> None:
        """Raise ApprovalPending or ApplicationDeclined of who is not in."""
        if self.admission is None:
            return
        if self.admission.declined is None:
            raise ApprovalPending("an admin of the network has to let you in first")
        raise ApplicationDeclined(
            "the admins of the network did not let you in", declined=str(self.admission.declined)
        )

    def approve(self, now: datetime) -> tuple[Account, Events]:
        """Let her in: now the world is told of her. Raises ApplicationDecided when she was not, or
        when her address was never confirmed, as of who applied before that was asked for."""
        if self.admission is None:
            return self, ()
        if self.closed:
            raise ApplicationDecided("she is leaving")  # nothing is told of her after that
        if self.admission.declined is not None:
            raise ApplicationDecided("she was declined; she may ask again with another address")
        if not self.email_verified:
            raise ApplicationDecided(
                "her address is not confirmed; asking for a new password confirms it"
            )
        entered = replace(self, admission=None, version=self.version + 1)
        agreed = tuple(ConsentsChanged(now, one.purpose) for one in self.decisions)
        return entered, (*agreed, AccountCreated(now, imported=False))

    def decline(self, reason: DeclineReason, now: datetime) -> Account:
        """Do not let her in. Raises ApplicationDecided when she is, or for another reason."""
        if self.admission is None:
            raise ApplicationDecided("she is in already")
        if self.admission.declined is not None:
            if self.admission.declined is reason:
                return self
            raise ApplicationDecided("she was declined for another reason")
        declined = self.admission.decline(reason, now)
        return replace(self, admission=declined, version=self.version + 1)

    def end_sessions(self, now: datetime) -> tuple[Account, Events]:
        """Sign out everywhere, in one write, whatever devices there are."""
        ended = replace(self, session_epoch=self.session_epoch + 1, version=self.version + 1)
        return ended, self.told(SessionsEnded(now))

    def end_session(self, session_id: UUID, now: datetime) -> tuple[Account, Events]:
        """Tell that a device is signed out. It is no part of the account, which tells its story."""
        return replace(self, version=self.version + 1), self.told(SessionsEnded(now, session_id))

    def told(self, event: Event) -> Events:
        """An event, but none of who is not in: nobody hears of her before (ADR 21)."""
        return (event,) if self.admission is None else ()

    def with_second_factor(self, factor: SecondFactor | None) -> Account:
        """Another second factor, or none."""
        return replace(self, second_factor=factor, version=self.version + 1)

    def close(self, now: datetime) -> tuple[Account, Events]:
        """Let nobody in any more, for good, and end all sessions; again it changes nothing."""
        if self.closed:
            return self, ()
        closed = replace(
            self, closed=True, session_epoch=self.session_epoch + 1, version=self.version + 1
        )
        return closed, (AccountClosed(now),)

    def with_password_hash(self, new: str, *, instead_of: str) -> Account:
        """Another hash, unless the password was changed meanwhile."""
        current = self.credentials
        if current is None or current.password_hash != instead_of:
            return self
        changed = replace(current, password_hash=new)
        return replace(self, credentials=changed, version=self.version + 1)

    def change_password(self, new_hash: str) -> Account:
        """Another password; whoever came in with the one before is signed out, in the same write.

        What that person had begun ends too: a link to another address, a second factor that was
        not confirmed. Raises ValueError for an account that has none.
        """
        if self.credentials is None:
            raise ValueError("an account without credentials has no password to change")
        factor = self.second_factor
        return replace(
            self, credentials=replace(self.credentials, password_hash=new_hash), links=(),
            used_link=None,
            second_factor=factor if factor and factor.active else None,
            session_epoch=self.session_epoch + 1, version=self.version + 1,
        )  # fmt: skip

    def with_link(self, link: Link) -> Account:
        """A link may be opened; one before it for the same purpose may not any more."""
        if link in self.links:
            return self
        others = tuple(one for one in self.links if one.purpose is not link.purpose)
        return replace(self, links=(*others, link), version=self.version + 1)

    def opened(self, purpose: LinkPurpose, secret: bytes, now: datetime) -> Link:
        """The link a secret opens. Raises LinkInvalid."""
        for link in self.links:
            if link.opened_by(purpose, secret, now):
                return link
        raise LinkInvalid(UNUSABLE)

    def verify_email(self, secret: bytes, now: datetime) -> Account:
        """The address the link went to is hers, and the one she signs in with from now on.

        Links to another address are no use any more. Raises LinkInvalid.
        """
        link = self.opened(LinkPurpose.VERIFY, secret, now)
        if self.credentials is None:
            raise LinkInvalid(UNUSABLE)
        left = tuple(one for one in self.links if one is not link and one.email == link.email)
        opens = replace(self.credentials, email=link.email)
        return replace(
            self, credentials=opens, links=left, email_verified=True, version=self.version + 1
        )

    def decide(self, choice: Choice, now: datetime) -> tuple[Account, Events]:
        """Record a decision; the same one again changes nothing.

        Raises Limited for agreeing after MAX_DECISIONS decisions; withdrawing is always possible,
        and so is agreeing to a newer text, or a new text of *service* would shut her out.
        Raises Unauthenticated once the account is closed: whatever is told of her comes before.
        """
        if self.closed:
            raise Unauthenticated("your account is closed")
        latest = self.consents.get(choice.purpose)
        if latest and latest.covers(choice):
            return self, ()
        newest = self.decisions[-1] if self.decisions else None
        number = newest.number + 1 if newest else 1
        newer = latest is None or choice.text.version > latest.text_version
        if choice.granted and number > MAX_DECISIONS and not newer:
            raise Limited("decided too often; ask the admins of your network", field="granted")
        if newest and now <= newest.decided_at:  # a clock went back: what comes later is later
            now = newest.decided_at + timedelta(milliseconds=1)
        decision = _decision(self.id, number, choice, now, latest)
        others = [one for purpose, one in self.consents.items() if purpose is not choice.purpose]
        in_order = tuple(sorted(others, key=lambda one: one.number))
        decided = replace(self, decisions=(*in_order, decision), version=self.version + 1)
        return decided, tuple(_told(decision))


def _decision(
    member_id: UUID, number: int, choice: Choice, now: datetime, latest: Decision | None
) -> Decision:
    if choice.granted:
        action = Action.GRANTED
    else:
        action = Action.WITHDRAWN if latest and latest.granted else Action.DECLINED
    return Decision(
        decision_id(member_id, number), number, choice.purpose, action, choice.text.version,
        choice.text.digest, now, request=choice.request,
    )  # fmt: skip


def _told(decision: Decision) -> Iterator[Event]:
    """A first no to signals changes nothing for them: they compute of nobody who did not agree."""
    if decision.purpose is Purpose.SIGNALS and decision.action is not Action.DECLINED:
        yield SignalsConsentChanged(
            decision.decided_at, decision.granted, decision.text_version, decision.imported
        )
    yield ConsentsChanged(decision.decided_at, decision.purpose)


def hash_request(code: str, request_id: str) -> bytes | None:
    """What is kept of the request to join that somebody may repeat; None if it has no name.

    Raises Invalid.
    """
    if len(request_id) > MAX_REQUEST_ID:
        raise Invalid(f"request_id has at most {MAX_REQUEST_ID} characters", field="request_id")
    return hashlib.sha256(f"{code}\n{request_id}".encode()).digest() if request_id else None


def join(
    id: UUID, network_id: UUID, handle: str, credentials: Credentials, roles: frozenset[Role],
    now: datetime,
) -> tuple[Account, Events]:  # fmt: skip
    """The account of somebody who registers. Raises Invalid."""
    account = Account(id, network_id, checked_handle(handle), roles, now, credentials)
    return account, (AccountCreated(now, imported=False),)


def bring_in(
    id: UUID, network_id: UUID, handle: str, origin: Origin, joined_at: datetime, *,
    consented: bool,
) -> tuple[Account, Events]:  # fmt: skip
    """The account of somebody who joined elsewhere and agreed to signals, or not. Raises Invalid.

    Consent comes first among the events: nothing of a member may be seen before it is known what
    she allows.
    """
    account = Account(
        id, network_id, checked_handle(handle), frozenset({Role.MEMBER}), joined_at, origin=origin
    )
    created = AccountCreated(joined_at, imported=True)
    if not consented:
        return account, (created,)
    decision = Decision(
        decision_id(id, 1), 1, Purpose.SIGNALS, Action.GRANTED, TEXT_OF_SOURCE, b"", joined_at,
        Method.IMPORT,
    )  # fmt: skip
    return replace(account, decisions=(decision,)), (*_told(decision), created)
