"""An erasure: a member's way out, from the day she asks for it to the last receipt.

Each step is one write of this document, in an order that survives a kill between any two:
requested (can be cancelled; held while a legal hold is in force) → closing (cannot be taken back)
→ closed (nobody signs in, her last token runs out) → started (services erase) → all receipts
there → the account goes, and the record stays, which does not name her.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from erasure.receipts import Receipt

from identity.domain.errors import ErasureNotFound, ErasureUnderWay


class State(StrEnum):
    """How far it has come."""

    REQUESTED = "requested"
    HELD = "held"
    CANCELLED = "cancelled"
    CLOSING = "closing"
    CLOSED = "closed"
    STARTED = "started"
    COMPLETE = "complete"
    FINISHED = "finished"


class HoldReason(StrEnum):
    """Why it has to wait."""

    LEGAL_ORDER = "legal_order"
    SAFETY_INVESTIGATION = "safety_investigation"
    DISPUTE = "dispute"


class AllowReason(StrEnum):
    """Why it goes on although a crisis case is open."""

    HANDED_OVER = "handed_over"
    HER_DECISION = "her_decision"
    MISTAKE = "mistake"


@dataclass(frozen=True, slots=True)
class ErasureStarted:
    """From now on nothing new can come from her or about her; services erase."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Erasure:
    """`due_at` is when something is to be done next without anybody asking; None: never."""

    id: UUID
    network_id: UUID
    member_id: UUID
    state: State
    requested_at: datetime
    grace_until: datetime
    due_at: datetime | None
    hold_reason: HoldReason | None = None
    started_at: datetime | None = None
    receipts: tuple[Receipt, ...] = ()
    version: int = 1
    held_until: datetime | None = None
    hold_sealed: bool = False  # the law forbids telling her that it is held
    waits_for_person: bool = False  # a crisis case was open when it was looked last
    allowed_at: datetime | None = None  # cases that were opened until then do not count
    allow_reason: AllowReason | None = None

    @property
    def waits(self) -> bool:
        """Whether it can still be cancelled."""
        return self.state in {State.REQUESTED, State.HELD}

    def cancel(self) -> Erasure:
        """Take it back. Raises ErasureUnderWay."""
        if self.state is State.CANCELLED:
            return self
        self.check_waits()
        return self._next(
            state=State.CANCELLED, due_at=None, hold_reason=None, held_until=None,
            hold_sealed=False, waits_for_person=False, allowed_at=None, allow_reason=None,
        )  # fmt: skip

    def hold(
        self, reason: HoldReason, until: datetime, ask_again: datetime, sealed: bool = False
    ) -> Erasure:
        """Wait for the end of a hold, which is `until` at the latest; look again at `ask_again`.

        Always a new version, so that whoever wanted to go on meanwhile cannot. Raises
        ErasureUnderWay.
        """
        self.check_waits()
        return self._next(
            state=State.HELD, due_at=ask_again, hold_reason=reason, held_until=until,
            hold_sealed=sealed,
        )  # fmt: skip

    def release(self) -> Erasure:
        """Let the clock go on; what is overdue is due at once. Raises ErasureUnderWay.

        Always a new version, as `hold` makes one.
        """
        self.check_waits()
        return self._next(
            state=State.REQUESTED, due_at=self.grace_until, hold_reason=None, held_until=None,
            hold_sealed=False,
        )  # fmt: skip

    def close(self, now: datetime) -> Erasure:
        """Its grace is over: it cannot be taken back any more."""
        return self._next(
            state=State.CLOSING, due_at=now, hold_reason=None, held_until=None, hold_sealed=False,
            waits_for_person=False,
        )  # fmt: skip

    def wait_for_human(self, until: datetime) -> Erasure:
        """Ask again later: a crisis case of hers is open, and only a human may end that."""
        return self._next(due_at=until, waits_for_person=True)

    def ask_now(self, now: datetime) -> Erasure:
        """Look whether it still has to wait."""
        return self._next(due_at=now)

    def allow(self, reason: AllowReason, at: datetime) -> Erasure:
        """Go on beside the cases that are open now; those that come later count again.

        Raises ErasureNotFound if it was taken back, ErasureUnderWay when there is nothing to allow.
        """
        if self.state is State.CANCELLED:
            raise ErasureNotFound("this erasure was taken back", field="member_id")
        if not self.waits and self.state is not State.CLOSED:
            self.check_waits()
        due = self.grace_until if self.state is State.REQUESTED else self.due_at
        return self._next(due_at=due, waits_for_person=False, allowed_at=at, allow_reason=reason)

    def closed(self, now: datetime, settle: timedelta) -> Erasure:
        """The account is closed; `settle` is how long what is under way may still arrive."""
        return self._next(state=State.CLOSED, due_at=now + settle)

    def start(self, now: datetime) -> tuple[Erasure, ErasureStarted]:
        """Nothing new can come: the services may erase."""
        started = self._next(
            state=State.STARTED, due_at=None, started_at=now, waits_for_person=False
        )
        return started, ErasureStarted(now)

    def take(self, receipt: Receipt, expected: Collection[str], now: datetime) -> Erasure:
        """Note a verified receipt; one that is known, or comes too late, changes nothing."""
        known = {one.service for one in self.receipts}
        if self.state is not State.STARTED or receipt.service in known:
            return self
        receipts = (*self.receipts, receipt)
        if known | {receipt.service} >= set(expected):
            return self._next(state=State.COMPLETE, due_at=now, receipts=receipts)
        return self._next(receipts=receipts)

    def check_waits(self) -> None:
        """Raise ErasureUnderWay when it cannot be changed any more."""
        if not self.waits:
            raise ErasureUnderWay(f"this erasure is {self.state} and cannot be changed any more")

    def _next(self, **changes: object) -> Erasure:
        return replace(self, version=self.version + 1, **changes)  # type: ignore[arg-type]  # names of fields


def request(
    id: UUID, network_id: UUID, member_id: UUID, now: datetime, grace: timedelta,
    before: Erasure | None = None,
) -> Erasure:  # fmt: skip
    """A new erasure, or `before` if that is under way; a cancelled one begins anew."""
    if before is not None and before.state is not State.CANCELLED:
        return before
    version = before.version + 1 if before else 1
    due = now + grace
    return Erasure(id, network_id, member_id, State.REQUESTED, now, due, due, version=version)


@dataclass(frozen=True, slots=True)
class Record:
    """What stays of a finished erasure. `member_hash` finds it for who knows the member's id."""

    erasure_id: UUID
    network_id: UUID
    member_hash: bytes
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime
    receipts: tuple[Receipt, ...]
