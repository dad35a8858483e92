"""A seat: one member's own side of a conversation, and what she may be told of both sides.

Each seat says only whether its owner agreed to the talk. So accepting is one write of her own, and
who asked finds the answer in the other's seat, of which she is told nothing but "accepted": whether
the rest is silence, a no, or that nobody was ever shown it, looks the same. A conversation without
seats is one that both agreed to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from common.errors import Invalid

from messaging.domain.errors import ConversationNotRequested

MOST_ASKING = 3
"""How many messages a request holds: enough to say who one is and why, not enough to press."""


class Standing(StrEnum):
    """Whether a member agreed to a conversation."""

    ACCEPTED = "accepted"
    ASKED = "asked"  # the other asks her
    DECLINED = "declined"
    UNHEARD = "unheard"  # the other asks, and it is shown to nobody


class State(StrEnum):
    """How far a conversation has come, as one of its members sees it."""

    OPEN = "open"
    REQUESTED = "requested"
    RECEIVED = "received"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Mute:
    """She wants no sound, until a time or (None) for ever."""

    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it does."""
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class Seat:
    """One member's side. `left_after` is the last message there was when she left, -1 if she did
    not. Of a group: `invited` is whether an invitation stands, and `inviter_id` whose it was."""

    conversation_id: UUID
    member_id: UUID
    changed_at: datetime
    standing: Standing = Standing.ACCEPTED
    mute: Mute | None = None
    left_after: int = -1
    version: int = 0
    invited: bool = False
    inviter_id: UUID | None = None

    @property
    def agreed(self) -> bool:
        """Whether she agreed to the talk."""
        return self.standing is Standing.ACCEPTED

    @property
    def hears(self) -> bool:
        """Whether what the other writes is for her eyes."""
        return self.standing in (Standing.ACCEPTED, Standing.ASKED)

    def hides(self, last_sequence: int) -> bool:
        """Whether she left and nobody wrote since."""
        return last_sequence <= self.left_after

    def muted(self, now: datetime) -> Mute | None:
        """The mute that holds now, if any."""
        return self.mute if self.mute is not None and self.mute.holds(now) else None

    def stand(self, standing: Standing, at: datetime) -> Seat:
        """With this standing; the same again is no change."""
        return self if self.standing is standing else self._next(at, standing=standing)

    def decline(self, at: datetime) -> Seat:
        """She does not want it. Raises ConversationNotRequested once she agreed."""
        if self.agreed:
            raise not_requested()
        return self.stand(Standing.DECLINED, at)

    def mute_until(self, until: datetime | None, at: datetime) -> Seat:
        """No sound until then (None: for ever). Raises Invalid for a time that has passed."""
        if until is not None and until <= at:
            raise Invalid("until_time must lie ahead; leave it out for ever", field="until_time")
        return self._next(at, mute=Mute(until))

    def unmute(self, at: datetime) -> Seat:
        """With sound again."""
        return self if self.mute is None else self._next(at, mute=None)

    def leave(self, last_sequence: int, at: datetime) -> Seat:
        """Off her list, until somebody writes behind the last message there is now."""
        return self._next(at, left_after=last_sequence)

    def invite(self, inviter_id: UUID, standing: Standing, at: datetime) -> Seat:
        """She is asked into a group (`standing`: asked, or shown to nobody). Who is asked already,
        and who declined, is asked no more; the invitation stands in either case."""
        if self.standing is not Standing.DECLINED and not (
            self.invited and self.standing is Standing.ASKED
        ):
            return self._next(at, invited=True, inviter_id=inviter_id, standing=standing)
        return self if self.invited else self._next(at, invited=True, inviter_id=inviter_id)

    def out(self, at: datetime, *, came: bool = False) -> Seat:
        """No invitation stands, so she cannot come in. Who `came` in has agreed, it is known,
        also if that was cut off before her seat said so."""
        standing = Standing.ACCEPTED if came else self.standing
        if not self.invited and standing is self.standing:
            return self
        return self._next(at, invited=False, standing=standing)

    def gone(self, at: datetime) -> Seat:
        """She was in a group and goes, which is kept: also who opened it has a seat then."""
        return self if self.went else self._next(at, invited=False, standing=Standing.ACCEPTED)

    @property
    def went(self) -> bool:
        """Of who is not in a group: whether she was in it and is not asked again."""
        return bool(self.version) and self.agreed and not self.invited

    @property
    def may_come(self) -> bool:
        """Whether she is invited into a group and is shown it."""
        return self.invited and self.standing is not Standing.UNHEARD

    def _next(self, at: datetime, **changes: object) -> Seat:
        return replace(self, changed_at=at, version=self.version + 1, **changes)  # type: ignore[arg-type]  # the callers above name fields


def not_requested() -> ConversationNotRequested:
    """What somebody is told who declines what she agreed to."""
    return ConversationNotRequested(
        "nobody asks here any more: leave the conversation, or block the member",
        field="conversation_id",
    )


def state_for(member_id: UUID, seats: Sequence[Seat]) -> State:
    """How far the conversation with these seats has come, as she may know it."""
    own = next((seat for seat in seats if seat.member_id == member_id), None)
    if own is not None and not own.agreed:
        return State.RECEIVED if own.standing is Standing.ASKED else State.DECLINED
    others = (seat for seat in seats if seat.member_id != member_id)
    return State.OPEN if all(seat.agreed for seat in others) else State.REQUESTED
