"""Proving again who one is before what cannot be undone: taking all one's data along, or leaving.

An access token says when and how its session was signed in (`auth_time`, RFC 9068 §2.2.1; `amr`,
RFC 8176); refreshing changes neither. So a token that was stolen, or a device left lying about, is
not enough for these.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from common.auth import Caller
from common.clock import Clock

from identity.application.ports import Directory
from identity.domain.errors import StepUpNeeded

MULTIPLE = "mfa"
TOKEN_LIFE = timedelta(minutes=10)
"""How much older a sign-in may be while something goes on that began in time."""


@dataclass(frozen=True, slots=True)
class StepUp:
    """`window` is for how long a sign-in counts as fresh."""

    directory: Directory
    clock: Clock
    window: timedelta

    async def check(self, caller: Caller, *, goes_on: bool = False) -> None:
        """Return if the caller signed in just now, with a second factor if she has one.

        `goes_on`: what began in time may end. Raises StepUpNeeded.
        """
        slack = TOKEN_LIFE if goes_on else timedelta()
        age = self.clock.now().timestamp() - caller.auth_time
        if age > (self.window + slack).total_seconds():
            raise self._refusal("sign in again", "sign_in")
        if MULTIPLE in caller.amr:
            return
        account = await self.directory.accounts(caller.network_id).get(caller.subject)
        if account and account.second_factor and account.second_factor.active:
            raise self._refusal("sign in again, with your second factor", "second_factor")

    def _refusal(self, what: str, needs: str) -> StepUpNeeded:
        seconds = round(self.window.total_seconds())
        return StepUpNeeded(
            f"{what}, and ask with the new token within {seconds} seconds",
            needs=needs, max_age_seconds=str(seconds),
        )  # fmt: skip
