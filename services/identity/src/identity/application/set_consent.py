"""Decide on one purpose: agree, or withdraw."""

from __future__ import annotations

from common.auth import Caller
from common.clock import Clock

from identity.application.ports import Accounts
from identity.application.queries import own_account
from identity.application.retry import retrying
from identity.domain.consent import Decision, Purpose


async def set_consent(
    accounts: Accounts, clock: Clock, caller: Caller, purpose: Purpose, granted: bool
) -> Decision:
    """The caller's decision as recorded; deciding the same again changes nothing.

    Raises Unauthenticated (her account is gone), Limited, Unavailable, ConcurrentUpdate.
    """

    async def attempt() -> Decision:
        account = await own_account(accounts, caller)
        decided, events = account.decide(purpose, granted, clock.now())
        if decided is not account:
            await accounts.save(decided, events)
        return decided.consents[purpose]

    return await retrying(attempt)
