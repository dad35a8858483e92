"""Folding activities into member states, in memory, between two flushes.

Storing a state costs a hundred times what taking an activity does, so a batch of activities is
taken first and each touched member is stored once. Nothing taken counts until it is stored: the
stream acknowledges its records after the flush, and `forget` returns to what is stored.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from signals.domain.activity import Activity
from signals.domain.codec import decode
from signals.domain.days import ClosedDay
from signals.domain.parameters import Parameters
from signals.domain.state import Consent, MemberState
from signals.domain.take import take

MAX_DECODED = 20_000
Load = Callable[[str], bytes | None]


@dataclass(slots=True)
class Touched:
    """A member whose state changed since the last flush.

    `cleared` is offset and time (ms) of a withdrawal (or erasure) among the changes, even if she
    has agreed again since: what was derived before it must go everywhere. `closed` are the days
    closed after it. `traceparent` is of the last activity that was traced.
    """

    member_id: str
    network_id: str
    partition: int
    state: MemberState
    cleared: tuple[int, int] | None = None
    closed: list[ClosedDay] = field(default_factory=list)
    traceparent: str | None = None

    @property
    def erased(self) -> bool:
        """Whether she left: then her state goes instead of being stored."""
        return self.state.consent is Consent.ERASED


class Fold:
    """The states of the members whose partitions are here; `load` gives what is stored of one."""

    def __init__(self, load: Load, parameters: Parameters) -> None:
        self._load = load
        self._parameters = parameters
        self._decoded: OrderedDict[str, MemberState] = OrderedDict()
        self._touched: dict[str, Touched] = {}

    def take(
        self, member_id: str, network_id: str, activity: Activity, partition: int, offset: int
    ) -> None:
        """Take one activity; one that was taken before changes nothing. Raises UnknownLayout."""
        before = self._state(member_id)
        state, changed, closed = take(before, activity, offset, self._parameters)
        if not changed:
            return
        self._decoded[member_id] = state
        touched = self._touched.get(member_id)
        if touched is None:
            touched = self._touched[member_id] = Touched(member_id, network_id, partition, state)
        touched.state = state
        if state.consent is Consent.GRANTED:
            touched.closed.extend(closed)
        else:
            touched.cleared = state.offset, state.consent_at
            touched.closed.clear()

    def traced(self, member_id: str, traceparent: str | None) -> None:
        """What comes of the member's next flush belongs to this trace."""
        if (touched := self._touched.get(member_id)) is not None:
            touched.traceparent = traceparent

    def touched(self) -> list[Touched]:
        """Whose state must be stored now, as it is now."""
        return list(self._touched.values())

    def stored(self) -> None:
        """All of them are stored."""
        self._touched.clear()
        while len(self._decoded) > MAX_DECODED:
            self._decoded.popitem(last=False)

    def forget(self) -> None:
        """Drop what is not stored: its activities will come again, here or elsewhere."""
        self._touched.clear()
        self._decoded.clear()

    def _state(self, member_id: str) -> MemberState | None:
        state = self._decoded.get(member_id)
        if state is not None:
            self._decoded.move_to_end(member_id)
            return state
        data = self._load(member_id)
        return None if data is None else decode(data)
