"""A connection: two members who agreed, and what comes before and after.

    none → requested → connected → ended
               ↓  ↘ withdrawn        (asked again, each may begin anew)
            declined

Whoever was declined is not told: to her it stays a request without an answer, whatever she tries;
and who declined is not told what the other tried meanwhile. What either may know is `told_to`, and
nothing else is told to her.
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
"""How long whoever declined is not shown another request of the same member's; and after how long
a request without an answer, whatever became of it, is made anew by asking again."""
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
class Told:
    """What one of the two may know: how far it came and since when, and who asked and when."""

    state: View | State
    asked_by_her: bool
    asked_at: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class Connection:
    """What there is between two members: one for each pair, whoever begins.

    `asked_at` is when the asker last asked, `shown_at` when the other was shown that she did,
    `declined_at` when the other declined it, if she did.
    """

    id: UUID
    member_ids: tuple[UUID, UUID]
    asker_id: UUID
    asked_at: datetime
    shown_at: datetime
    state: State
    changed_at: datetime
    version: int = 1
    declined_at: datetime | None = None
    ended_by: UUID | None = None

    def other(self, member_id: UUID) -> UUID:
        """The one of the two that is not `member_id`."""
        first, second = self.member_ids
        return second if member_id == first else first

    def seen_by(self, member_id: UUID) -> View | None:
        """How one of the two sees it; None if to her there is nothing."""
        told = self.told_to(member_id)
        return told.state if told and isinstance(told.state, View) else None

    def told_to(self, member_id: UUID) -> Told | None:
        """What one of the two may know of it; None while one of them is being erased."""
        if self.state is State.CLOSED:
            return None
        asked = member_id == self.asker_id
        asked_at = self.asked_at if asked else self.shown_at
        state: View | State
        state, since = self.state, self.changed_at
        if state is State.CONNECTED:
            state = View.CONNECTED
        elif asked and state in {State.REQUESTED, State.DECLINED}:
            state, since = View.REQUESTED, asked_at
        elif state is State.REQUESTED:
            state, since = View.RECEIVED, asked_at
        elif not asked and self.declined_at is not None:
            state, since = State.DECLINED, self.declined_at
        return Told(state, asked, asked_at, since)

    def ask(self, member_id: UUID, at: datetime) -> Connection:
        """One of the two asks; the same if nothing changes. Raises ConnectionAskLater."""
        if self.state in {State.CONNECTED, State.CLOSED}:
            return self
        if self.state in {State.REQUESTED, State.DECLINED}:
            return self._ask_again(at) if member_id == self.asker_id else self._connect(at)
        self._check_pause(member_id, at)
        if member_id == self.asker_id and self._is_quiet(at):
            return replace(self._to(State.DECLINED, at), asked_at=at)
        return self._asked(member_id, at)

    def accept(self, member_id: UUID, at: datetime) -> Connection | None:
        """She agrees to what the other asked; None if she was not asked."""
        if self.seen_by(member_id) is View.RECEIVED:
            return self._connect(at)
        return self if self.state is State.CONNECTED else None

    def let_go(self, member_id: UUID, at: datetime) -> Connection:
        """She wants nothing to be there; the same if to her there is nothing."""
        match self.seen_by(member_id):
            case View.CONNECTED:
                return replace(self._to(State.ENDED, at), ended_by=member_id)
            case View.REQUESTED:
                return self._to(State.WITHDRAWN, at)
            case View.RECEIVED:
                return replace(self._to(State.DECLINED, at), declined_at=at)
        return self

    def _ask_again(self, at: datetime) -> Connection:
        """The asker asks once more. By what she knows alone it counts as new to her or does not;
        whether the other is shown it rests on when she declined."""
        asked_at = at if at >= self.asked_at + QUIET else self.asked_at
        if self.state is State.DECLINED and not self._is_quiet(at):
            return replace(self._asked(self.asker_id, at), asked_at=asked_at)
        if asked_at == self.asked_at:
            return self
        return replace(self, asked_at=asked_at, version=self.version + 1)

    def _asked(self, member_id: UUID, at: datetime) -> Connection:
        return replace(
            self._to(State.REQUESTED, at), asker_id=member_id, asked_at=at, shown_at=at,
            declined_at=None, ended_by=None,
        )  # fmt: skip

    def _connect(self, at: datetime) -> Connection:
        """Both want it: what was declined before no longer counts."""
        return replace(self._to(State.CONNECTED, at), declined_at=None)

    def _to(self, state: State, at: datetime) -> Connection:
        return replace(self, state=state, changed_at=at, version=self.version + 1)

    def _is_quiet(self, at: datetime) -> bool:
        return self.declined_at is not None and at < self.declined_at + QUIET

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
        connection_id(asker_id, other_id), pair(asker_id, other_id), asker_id, at, at,
        State.REQUESTED, at,
    )  # fmt: skip
