"""Sessions that have ended while their access tokens still run: those open no door any more.

What is known here is what was heard of lately. A token lives no longer than LIFE_SECONDS, so
nothing need be remembered for longer, and a gateway that starts needs to hear no more than that.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from uuid import UUID

from common.auth import Caller
from common.errors import Unauthenticated

from gateway.telemetry import FORGOTTEN

LIFE_SECONDS = 660.0  # of an access token, and a minute for clocks that differ
MOST = 200_000
_ENDED = "the session has ended; sign in again"


class Ended:
    """The sessions that ended lately: single ones, and all of an account up to an epoch."""

    def __init__(self, now: Callable[[], float], most: int = MOST) -> None:
        """`now` tells monotonic seconds. At most so many of each kind are known; the oldest go."""
        self._now = now
        self._most = most
        self._sessions: OrderedDict[UUID, float] = OrderedDict()
        self._accounts: OrderedDict[tuple[UUID, UUID], tuple[int, float]] = OrderedDict()

    def __len__(self) -> int:
        """How many are known."""
        return len(self._sessions) + len(self._accounts)

    def end_session(self, session_id: UUID) -> None:
        """One has ended."""
        self._sessions[session_id] = self._until()
        self._sessions.move_to_end(session_id)
        self._forget()

    def end_all(self, network_id: UUID, member_id: UUID, epoch: int) -> None:
        """All of an account have that are of an earlier epoch; told twice or late, the same."""
        account = network_id, member_id
        known, _ = self._accounts.get(account, (0, 0.0))
        self._accounts[account] = max(known, epoch), self._until()
        self._accounts.move_to_end(account)
        self._forget()

    def has(self, caller: Caller) -> bool:
        """Whether the caller's session is over."""
        if caller.session_id is None:
            return False  # a token that goes back to no sign-in
        if caller.session_id in self._sessions:
            return True
        known = self._accounts.get((caller.network_id, caller.subject))
        return known is not None and caller.epoch < known[0]

    def check(self, caller: Caller) -> None:
        """Raise Unauthenticated if it is."""
        if self.has(caller):
            raise Unauthenticated(_ENDED, cause="ended")

    def _until(self) -> float:
        return self._now() + LIFE_SECONDS

    def _forget(self) -> None:
        now = self._now()
        while self._sessions and (
            next(iter(self._sessions.values())) <= now or len(self._sessions) > self._most
        ):
            self._drop(self._sessions.popitem(last=False)[1], now)
        while self._accounts and (
            next(iter(self._accounts.values()))[1] <= now or len(self._accounts) > self._most
        ):
            self._drop(self._accounts.popitem(last=False)[1][1], now)

    def _drop(self, until: float, now: float) -> None:
        if until > now:
            FORGOTTEN.inc()
