"""The tokens that the public door takes: good ones, of sessions that have not ended meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from common import auth
from common.clock import Clock

from gateway.application.ended import Ended


class Verifier(auth.Verifier):
    """Every service verifies a token by itself; only here it is known which sessions have ended."""

    def __init__(
        self, fetch_jwks: Callable[[], Awaitable[str]], clock: Clock, ended: Ended
    ) -> None:
        super().__init__(fetch_jwks, clock)
        self._ended = ended

    async def verify(self, token: str) -> auth.Caller:
        """See auth.Verifier. Raises Unauthenticated for a session that has ended, too."""
        caller = await super().verify(token)
        self._ended.check(caller)
        return caller

    def check(self, caller: auth.Caller) -> None:
        """Raise Unauthenticated if the caller's session has ended since she was verified."""
        self._ended.check(caller)
