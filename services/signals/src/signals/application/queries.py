"""Reading signals: the numbers for the time asked for, and only to those who may know them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from common.errors import NotFound

from signals.application.ports import Row, Signals
from signals.domain.activity import DAY
from signals.domain.days import ClosedDay
from signals.domain.engagement import Engagement
from signals.domain.estimate import Estimate, engagement_at, estimate
from signals.domain.parameters import Parameters
from signals.domain.state import MemberState

SILENT_AFTER = 28 * DAY


class SignalNotFound(NotFound):
    """No signal: the member is unknown here, did nothing yet, or does not agree to signals."""

    reason = "SIGNAL_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Signal:
    """One member at one time."""

    member_id: UUID
    state: MemberState
    estimate: Estimate
    engagement: Engagement


async def member_signal(
    signals: Signals, member_id: UUID, as_of: int, parameters: Parameters
) -> Signal:
    """A member's signal at `as_of` (ms). Raises SignalNotFound."""
    row = await signals.get(member_id)
    signal = _signal(row, as_of, parameters) if row else None
    if signal is None:
        raise SignalNotFound("no signal of this member: nothing done yet, or no consent")
    return signal


@dataclass(frozen=True, slots=True)
class Page:
    """Members by risk; `next` continues after them, b"" if there are no more."""

    signals: Sequence[Signal]
    as_of: int
    next: bytes


async def top_signals(
    signals: Signals, parameters: Parameters, *, as_of: int | None, include_unknown: bool,
    after: bytes, limit: int,
) -> Page:  # fmt: skip
    """Members by the risk of their last activity, each estimated for `as_of`.

    `as_of` is the latest activity of the network unless given. Members silent for more than 28
    days by then are left out unless asked for: of them nothing is known.
    """
    at = as_of if as_of is not None else await signals.last_activity()
    since = 0 if include_unknown else at - SILENT_AFTER
    rows = await signals.top(since, after, limit + 1)
    found = [_signal(row, at, parameters) for row in rows[:limit]]
    return Page(
        signals=[signal for signal in found if signal is not None],
        as_of=at,
        next=rows[limit - 1].rank if len(rows) > limit else b"",
    )


async def course(
    signals: Signals, member_id: UUID, after_day: int, limit: int
) -> tuple[Sequence[ClosedDay], int | None]:
    """A member's closed days after a day, and the day to continue after. Raises SignalNotFound."""
    if await signals.get(member_id) is None:
        raise SignalNotFound("no signal of this member: nothing done yet, or no consent")
    days = await signals.course(member_id, after_day, limit + 1)
    more = days[limit - 1].day if len(days) > limit else None
    return days[:limit], more


def _signal(row: Row, as_of: int, parameters: Parameters) -> Signal | None:
    found = estimate(row.state, as_of, parameters)
    engagement = engagement_at(row.state, as_of)
    if found is None or engagement is None:
        return None
    return Signal(row.member_id, row.state, found, engagement)
