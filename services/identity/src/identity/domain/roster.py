"""The sponsor's roster: each entry lets one person in, once, and shows nobody who she is."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from common.errors import Invalid

from identity.domain.errors import JoiningRefused
from identity.domain.invite import STALE_AFTER

MAX_ROWS = 500
REFUSED = "this network cannot be joined like this"
"""One answer for everything, so that guessing is told nothing."""
_NUMBER = re.compile(r"[0-9A-Z]{4,40}")
_BETWEEN = re.compile(r"[\s.,/_-]+")


@dataclass(frozen=True, slots=True)
class Eligible:
    """What a sponsor knows somebody by, in one form however it was typed."""

    member_number: str = field(repr=False)
    birth_date: date = field(repr=False)

    @classmethod
    def of(cls, member_number: str, birth_date: str) -> Eligible:
        """Raises Invalid when one of them cannot be what is asked for."""
        number = _BETWEEN.sub("", unicodedata.normalize("NFKC", member_number)).upper()
        if not _NUMBER.fullmatch(number):
            raise Invalid("member_number has 4 to 40 letters and digits", field="member_number")
        return cls(number, birth_date_of(birth_date))

    def parts(self) -> tuple[str, str]:
        """What is hashed."""
        return self.member_number, self.birth_date.isoformat()


def birth_date_of(text: str) -> date:
    """A date as `YYYY-MM-DD`. Raises Invalid."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise Invalid("birth_date must be YYYY-MM-DD", field="birth_date") from None


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody who may join. `taken_by` is the account that did, or is about to be created.

    As with invites joining is two writes: the entry is taken for the future account's id, then the
    account is created. A crash between the two leaves an entry in doubt, which is settled by
    whoever comes next: he makes sure that the account cannot appear any more, and takes it over.
    """

    hash: bytes
    network_id: UUID
    added_at: datetime
    taken_by: UUID | None = None
    taken_at: datetime | None = None
    used: bool = False  # by somebody who has left
    version: int = 1

    @property
    def open(self) -> bool:
        """Whether nobody has it."""
        return self.taken_by is None and not self.used

    def in_doubt(self, now: datetime) -> UUID | None:
        """The account it was taken for, when that should be there by now."""
        old = self.taken_at is not None and self.taken_at <= now - STALE_AFTER
        return self.taken_by if old else None

    def take(self, account_id: UUID, now: datetime) -> Entry:
        """Take it for an account. Raises JoiningRefused when somebody has it."""
        if not self.open:
            raise JoiningRefused(REFUSED)
        return replace(self, taken_by=account_id, taken_at=now, version=self.version + 1)

    def give_up(self) -> Entry:
        """As if it had not been taken, by who makes sure that its account is not there."""
        return replace(self, taken_by=None, taken_at=None)

    def give_back(self) -> Entry:
        """Open again: its account was refused."""
        return replace(self.give_up(), version=self.version + 1)
