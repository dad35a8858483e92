"""A mail that waits to be sent: which, to whom, and when to try the next time.

It holds no link and no words. The link is made when the mail is, so what waits opens nothing; an
address that is not in an account, or may not be, waits sealed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

PAUSE = timedelta(minutes=15)
"""Of one kind one person is sent one mail in this time, however often somebody asks."""
NOTICE_AFTER = timedelta(seconds=30)
"""A notice is put into the queue before what it tells of is done, so that neither a crash nor
hanging up keeps it from being told; and written afterwards, if that was done."""
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=1)


class Kind(StrEnum):
    """What a mail is about."""

    RESET = "reset"
    VERIFY = "verify"
    JOIN = "join"  # to an address that has no account; to one that has it is an ALREADY_THERE
    ALREADY_THERE = "already_there"
    APPROVED = "approved"
    DECLINED = "declined"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # no password, but that there is another
    EMAIL_CHANGED = "email_changed"
    EXPORT_READY = "export_ready"
    APPLICATION_ENDS = "application_ends"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    SECOND_FACTOR_ADDED = "second_factor_added"
    SECOND_FACTOR_REMOVED = "second_factor_removed"


_LIVES = {
    Kind.RESET: timedelta(hours=1),
    Kind.JOIN: timedelta(days=2),
    Kind.APPLICATION_ENDS: timedelta(days=30),
}
_USUAL_LIFE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a stranger can have a mail sent to somebody: `most` in each `window`, and none
    within `pause` of the one before."""

    most: int
    window: timedelta
    pause: timedelta


USUAL_PACE = Pace(1, PAUSE, PAUSE)
PACES = {
    # she may not have got it; a newer link ends the one before, so not at each double click
    Kind.RESET: Pace(3, timedelta(hours=1), timedelta(minutes=1)),
    Kind.JOIN: Pace(3, timedelta(days=1), PAUSE),
}


@dataclass(frozen=True, slots=True)
class Mail:
    """One of `member_id` and `sealed` may be missing: then the other says to whom it goes.
    `about` names what it tells of, so that it is told once.

    `prepared`: its link is in the account; so that a mail that was cut off and is sent again does
    not bring a link back that was used meanwhile.
    """

    id: UUID
    network_id: UUID
    kind: Kind
    made_at: datetime
    member_id: UUID | None = None
    sealed: bytes | None = field(default=None, repr=False)
    due_at: datetime | None = None  # None: sent, and kept only so that it is not sent again
    tries: int = 0
    prepared: bool = False
    version: int = 1
    about: UUID | None = None

    @property
    def expires_at(self) -> datetime:
        """From then on it helps nobody any more."""
        return self.made_at + _LIVES.get(self.kind, _USUAL_LIFE)

    def claim(self, now: datetime) -> Mail:
        """Try it now; if that fails, or the process dies, it is due again a while later."""
        wait = min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(self.tries, 10))
        return replace(self, due_at=now + wait, tries=self.tries + 1, version=self.version + 1)

    def prepare(self) -> Mail:
        """Its link is in the account."""
        return replace(self, prepared=True, version=self.version + 1)

    def done(self) -> Mail:
        """Sent, or given up."""
        return replace(self, due_at=None, sealed=None, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail with everything that is written in it."""

    id: UUID
    kind: Kind
    to: str = field(repr=False)
    token: str = field(default="", repr=False)
    reason: str = ""
    passkeys: int = 0  # how many open her account


def wait(
    id: UUID, network_id: UUID, kind: Kind, now: datetime, member_id: UUID | None = None,
    sealed: bytes | None = None,
) -> Mail:  # fmt: skip
    """A mail to send at once."""
    return Mail(id, network_id, kind, now, member_id, sealed, due_at=now)
