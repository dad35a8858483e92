"""Sessions that have ended while their access tokens still run: those open no door any more.

What is known here is what was heard of lately. A token lives no longer than LIFE_SECONDS, so
nothing need be remembered for longer, and a gateway that starts needs to hear no more than that.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from uuid import UUID

from common.auth import Caller
from common.errors import Unauthenticated

from gateway.telemetry import FORGOTTEN

LIFE_SECONDS = 660.0  # of an access token, and a minute for clocks that differ
MOST = 200_000
Key = TypeVar("Key", bound=Hashable)
_ENDED = "the session has ended; sign in again"


class Lately(Generic[Key]):
    """What was heard of within LIFE_SECONDS: a number for each key, the oldest first."""

    def __init__(self, now: Callable[[], float], most: int) -> None:
        self._now = now
        self._most = most
        self._known: OrderedDict[Key, tuple[int, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: Key) -> int | None:
        """The number of a key, None if nothing was heard of it."""
        known = self._known.get(key)
        return None if known is None else known[0]

    def put(self, key: Key, number: int = 0) -> None:
        """It was heard of now."""
        self._known[key] = number, self._now() + LIFE_SECONDS
        self._known.move_to_end(key)

    def forget(self) -> None:
        """Let go of what is too old, and of the oldest of what is too much."""
        now = self._now()
        while self._known:
            until = next(iter(self._known.values()))[1]
            if until > now and len(self._known) <= self._most:
                return
            self._known.popitem(last=False)
            if until > now:
                FORGOTTEN.inc()


class Ended:
    """The sessions that ended lately: single ones, and all of an account up to an epoch."""

    def __init__(self, now: Callable[[], float], most: int = MOST) -> None:
        """`now` tells monotonic seconds. At most so many of each kind are known; the oldest go."""
        self._sessions: Lately[UUID] = Lately(now, most)
        self._accounts: Lately[tuple[UUID, UUID]] = Lately(now, most)

    def __len__(self) -> int:
        """How many are known."""
        return len(self._sessions) + len(self._accounts)

    def end_session(self, session_id: UUID) -> None:
        """One has ended."""
        self._sessions.put(session_id)
        self._forget()

    def end_all(self, network_id: UUID, member_id: UUID, epoch: int) -> None:
        """All of an account have that are of an earlier epoch; told twice or late, the same."""
        account = network_id, member_id
        self._accounts.put(account, max(self._accounts.get(account) or 0, epoch))
        self._forget()

    def has(self, caller: Caller) -> bool:
        """Whether the caller's session is over."""
        if caller.session_id is None:
            return False  # a token that goes back to no sign-in
        if self._sessions.get(caller.session_id) is not None:
            return True
        epoch = self._accounts.get((caller.network_id, caller.subject))
        return epoch is not None and caller.epoch < epoch

    def check(self, caller: Caller) -> None:
        """Raise Unauthenticated if it is."""
        if self.has(caller):
            raise Unauthenticated(_ENDED, cause="ended")

    def _forget(self) -> None:
        self._sessions.forget()
        self._accounts.forget()
