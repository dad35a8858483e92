"""A connection: two members who agreed, and what comes before and after.

    none → requested → connected → ended
               ↓  ↘ withdrawn        (asked again, each may begin anew)
            declined

Whoever was declined is not told: to her it stays a request without an answer, whatever she tries
until it may be asked again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from common.errors import Invalid
from common.ids import named_id

from community.domain.errors import ConnectionAskLater

QUIET = timedelta(days=90)
"""How long whoever declined is not shown another request of the same member's."""
AFTER_ENDING = timedelta(days=30)
"""How long the one who did not end it waits before asking."""
AFTER_WITHDRAWING = timedelta(days=1)
"""How long she waits before asking again."""


class State(StrEnum):
    """How far they have come."""

    REQUESTED = "requested"
    CONNECTED = "connected"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"
    CLOSED = "closed"  # one of them is being erased: nothing happens here any more


class View(StrEnum):
    """What one of the two sees of it; nothing else is seen."""

    CONNECTED = "connected"
    REQUESTED = "requested"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Connection:
    """What there is between two members: one for each pair, whoever begins."""

    id: UUID
    member_ids: tuple[UUID, UUID]
    asker_id: UUID
    asked_at: datetime
    state: State
    changed_at: datetime
    version: int = 1
    quiet_until: datetime | None = None
    ended_by: UUID | None = None

    def other(self, member_id: UUID) -> UUID:
        """The one of the two that is not `member_id`."""
        first, second = self.member_ids
        return second if member_id == first else first

    def seen_by(self, member_id: UUID) -> View | None:
        """How one of the two sees it; None if to her there is nothing."""
        if self.state is State.CONNECTED:
            return View.CONNECTED
        asked = member_id == self.asker_id
        if self.state is State.REQUESTED:
            return View.REQUESTED if asked else View.RECEIVED
        return View.REQUESTED if self.state is State.DECLINED and asked else None

    def seen_since(self, member_id: UUID) -> datetime:
        """Since when she sees it so; a refusal she was not told of changes nothing for her."""
        hidden = self.state is State.DECLINED and member_id == self.asker_id
        return self.asked_at if hidden else self.changed_at

    def ask(self, member_id: UUID, at: datetime) -> Connection:
        """One of the two asks; the same if nothing changes. Raises ConnectionAskLater."""
        if self.state in {State.CONNECTED, State.CLOSED}:
            return self
        if self.state in {State.REQUESTED, State.DECLINED}:
            if member_id != self.asker_id:
                return self._to(State.CONNECTED, at)
            quiet = self.state is State.REQUESTED or self._is_quiet(at)
            return self if quiet else self._asked(member_id, at)
        self._check_pause(member_id, at)
        if member_id == self.asker_id and self._is_quiet(at):
            return replace(self._to(State.DECLINED, at), asked_at=at)
        return self._asked(member_id, at)

    def accept(self, member_id: UUID, at: datetime) -> Connection | None:
        """She agrees to what the other asked; None if she was not asked."""
        if self.seen_by(member_id) is View.RECEIVED:
            return self._to(State.CONNECTED, at)
        return self if self.state is State.CONNECTED else None

    def let_go(self, member_id: UUID, at: datetime) -> Connection:
        """She wants nothing to be there; the same if to her there is nothing."""
        match self.seen_by(member_id):
            case View.CONNECTED:
                return replace(self._to(State.ENDED, at), ended_by=member_id)
            case View.REQUESTED:
                return self._to(State.WITHDRAWN, at)
            case View.RECEIVED:
                return replace(self._to(State.DECLINED, at), quiet_until=at + QUIET)
        return self

    def _asked(self, member_id: UUID, at: datetime) -> Connection:
        return replace(
            self._to(State.REQUESTED, at), asker_id=member_id, asked_at=at, quiet_until=None,
            ended_by=None,
        )  # fmt: skip

    def _to(self, state: State, at: datetime) -> Connection:
        return replace(self, state=state, changed_at=at, version=self.version + 1)

    def _is_quiet(self, at: datetime) -> bool:
        return self.quiet_until is not None and at < self.quiet_until

    def _check_pause(self, member_id: UUID, at: datetime) -> None:
        """Raise ConnectionAskLater while it is too early, by what she knows of it herself."""
        pause = timedelta(0)
        if self.state is State.WITHDRAWN and member_id == self.asker_id:
            pause = AFTER_WITHDRAWING
        elif self.state is State.ENDED and member_id != self.ended_by:
            pause = AFTER_ENDING
        if at < (until := self.changed_at + pause):
            when = until.isoformat(timespec="seconds")
            raise ConnectionAskLater(f"she may be asked again from {when} on", ask_time=when)


def connection_id(one: UUID, other: UUID) -> UUID:
    """The id of what there is between two members, in either order."""
    first, second = pair(one, other)
    return named_id(first, "connection", second)


def pair(one: UUID, other: UUID) -> tuple[UUID, UUID]:
    """Two members in order of their ids. Raises Invalid if it is but one."""
    if one == other:
        raise Invalid("member_id must be somebody else's than your own", field="member_id")
    return (one, other) if one < other else (other, one)


def first_request(asker_id: UUID, other_id: UUID, at: datetime) -> Connection:
    """The beginning: one asks the other. Raises Invalid."""
    return Connection(
        connection_id(asker_id, other_id), pair(asker_id, other_id), asker_id, at,
        State.REQUESTED, at,
    )  # fmt: skip
