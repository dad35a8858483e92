"""What a decision of the policy costs, in this process: it is on the path of every call."""

from __future__ import annotations

import timeit
from collections.abc import Callable
from uuid import UUID

from common.auth import Access, Caller
from policy import Actor, Facts, decide
from policy.authorize import authorize

TIMES = 100_000
ACTION = "/kith.messaging.v1.MessageService/SendMessage"
ME, PEER, HERE = UUID(int=1), UUID(int=2), UUID(int=3)
ROLES = frozenset({"member"})


def decide_us() -> float:
    """Microseconds of one decision with facts."""
    actor, facts = Actor(ME, HERE, ROLES), Facts(HERE, member_ids=(ME, PEER))
    return _us(lambda: decide(actor, ACTION, facts))


def call_us() -> float:
    """Microseconds that the policy adds to a call: at the door, and with facts."""
    caller = Caller(ME, HERE, ROLES, "", 0.0)

    def call() -> None:
        Access(authorize, caller, ACTION).require(Facts(HERE, member_ids=(ME, PEER)))

    return _us(call)


def _us(do: Callable[[], object]) -> float:
    return 1e6 * min(timeit.repeat(do, number=TIMES, repeat=3)) / TIMES
