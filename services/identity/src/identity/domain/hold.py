"""Legal holds: what there is of a member must stay for now, also when she asks for it to go.

Each has a reference, under which whoever placed it finds what it rests on, and an end: it stops
holding by itself unless it is renewed in time, so that nobody is held because somebody forgot.
All holds of a member are one document, because the question is always whether there is any.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from common.errors import Forbidden, Invalid, Limited

from identity.domain.deed import Deed, Done
from identity.domain.erasure import HoldReason

LONGEST = timedelta(days=366)
"""How far ahead an end may lie: at least once a year somebody looks again."""
STOP = timedelta(days=30)
"""How long an erasure is stopped (`HoldErasure`) without a reference."""
MOST = 20
NO_REFERENCE = ""
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Hold:
    """One reason to keep what there is of a member, until `ends_at`.

    `sealed`: the law forbids telling her. `from_platform`: the platform's operator placed it, and
    only from there it is lifted.
    """

    reference: str
    reason: HoldReason
    ends_at: datetime
    placed_by: UUID
    placed_at: datetime
    sealed: bool = False
    from_platform: bool = False

    def check(self) -> None:
        """Raise Invalid unless it can be kept."""
        if self.reference != NO_REFERENCE:
            check_reference(self.reference)
        if not self.placed_at < self.ends_at <= self.placed_at + LONGEST:
            raise Invalid(
                f"expire_time must lie ahead, by {LONGEST.days} days at most; renew it later",
                field="expire_time",
            )


@dataclass(frozen=True, slots=True)
class Holds:
    """All holds of a member, by reference; `version` 0 is what was never stored."""

    member_id: UUID
    network_id: UUID
    all: tuple[Hold, ...] = ()
    version: int = 0

    def in_force(self, now: datetime) -> Hold | None:
        """The one to be told of: one she may know of before one she may not, and of these the one
        that ends last. None when nothing is held."""
        holding = [one for one in self.all if now < one.ends_at]
        return max(holding, key=lambda one: (not one.sealed, one.ends_at), default=None)

    @property
    def disclosed(self) -> bool:
        """Whether she may see in the audit log that somebody looked at them."""
        return not all(one.sealed for one in self.all)

    def place(self, hold: Hold) -> Holds:
        """With this hold; one of the same reference is replaced: so it is renewed.

        The network's and the platform's are apart, in reference and number: neither replaces
        the other's, and an operator does not learn how many there are. Raises Invalid, Limited.
        """
        hold.check()
        others = self._others(hold.reference, from_platform=hold.from_platform)
        if sum(one.from_platform == hold.from_platform for one in others) >= MOST:
            raise Limited(f"a member has at most {MOST} holds; lift one that has ended")
        return replace(self, all=(*others, hold), version=self.version + 1)

    def lift(self, reference: str, *, from_platform: bool) -> Holds:
        """Without that hold of hers; itself if there is none. Raises Forbidden (there is only the
        platform's of that reference)."""
        others = self._others(reference, from_platform=from_platform)
        if len(others) == len(self.all):
            if not from_platform and any(one.reference == reference for one in others):
                raise Forbidden("the platform's operator placed this hold; only she changes it")
            return self
        return replace(self, all=others, version=self.version + 1)

    def _others(self, reference: str, *, from_platform: bool) -> tuple[Hold, ...]:
        name = (reference, from_platform)
        return tuple(one for one in self.all if (one.reference, one.from_platform) != name)


def check_reference(reference: str) -> None:
    """Raise Invalid unless it can be that of a hold."""
    if not _REFERENCE.fullmatch(reference):
        raise Invalid(
            "reference has 1 to 64 letters, digits, dots, hyphens or underscores: a file number, "
            "and no name", field="reference",
        )  # fmt: skip


def not_about_oneself(by: UUID, member_id: UUID) -> None:
    """Raise Forbidden where somebody would decide for herself what others have to."""
    if by == member_id:
        raise Forbidden("this is about you; somebody else decides it")


def told(deed: Deed, hold: Hold | None, member_id: UUID, by: UUID, at: datetime) -> Done:
    """What the audit log is told. Of a sealed hold that is placed it does not say of whom, because
    she reads what is written there about her; that it was lifted she may know."""
    hidden = hold is not None and hold.sealed and deed is Deed.HOLD_PLACED
    return Done(deed, by, at, None if hidden else member_id)
