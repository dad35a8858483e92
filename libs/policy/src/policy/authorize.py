"""The policy as the chassis asks it: callers in, refusals out."""

from __future__ import annotations

from common.auth import Caller
from common.errors import DomainError, Forbidden, NotFound, Precondition, Unauthenticated

from policy.decide import decide
from policy.decision import Answer, Decision
from policy.facts import NOBODY, Actor, Facts


def authorize(caller: Caller | None, action: str, facts: Facts | None = None) -> bool:
    """Whether it is decided that the caller (None: nobody signed in) may do it.

    False only without facts: then it depends on them. Raises Unauthenticated, Forbidden,
    NotFound (of what she may not know of), Precondition (she must join first).
    """
    decision = decide(_actor(caller), action, facts)
    if decision.answer is Answer.ALLOW:
        return True
    if decision.answer is Answer.LATER:
        return False
    raise _refusal(decision)


def _actor(caller: Caller | None) -> Actor:
    return Actor(caller.subject, caller.network_id, caller.roles) if caller else NOBODY


def _refusal(decision: Decision) -> DomainError:
    match decision.answer:
        case Answer.SIGN_IN:
            return Unauthenticated("an access token is needed")
        case Answer.HIDE:
            return NotFound("there is no such thing in your network")
        case Answer.JOIN:
            return Precondition("join first")
        case _ if decision.needed:
            needed = " or ".join(decision.needed)
            return Forbidden("your role does not allow this", needed=needed)
        case _:
            return Forbidden(decision.reason)
