"""The policy as the chassis asks it: callers in, refusals out."""

from __future__ import annotations

from uuid import UUID

from common.auth import Access, Caller
from common.errors import DomainError, Forbidden, NotFound, Precondition, Unauthenticated

from policy.decide import decide
from policy.decision import Answer, Decision
from policy.facts import NOBODY, Actor, Facts
from policy.rules import OwnOr
from policy.table import TABLE


class ConsentRequired(Precondition):
    """A text has to be shown and decided on first; the metadata say which."""

    reason = "CONSENT_REQUIRED"


def authorize(caller: Caller | None, action: str, facts: Facts | None = None) -> bool:
    """Whether it is decided that the caller (None: nobody signed in) may do it.

    False only without facts: then it depends on them. Raises Unauthenticated, Forbidden,
    NotFound (of what she may not know of), Precondition (she must join first), ConsentRequired.
    """
    decision = decide(_actor(caller), action, facts)
    if decision.answer is Answer.ALLOW:
        return True
    if decision.answer is Answer.LATER:
        return False
    raise _refusal(decision)


def shown(access: Access) -> tuple[UUID, ...]:
    """Whose data the answer to an access shows to somebody who is not they: what is audited.

    Those a list is about (`Access.lists`), and whose a thing is of which the rule lets roles see
    other people's.
    """
    members = dict.fromkeys(access.listed)
    facts, rule = access.facts, TABLE.get(access.method)
    shows = isinstance(rule, OwnOr) and rule.shows
    if shows and isinstance(facts, Facts) and facts.owner_id:
        members[facts.owner_id] = None
    return tuple(id for id in members if id != access.caller.subject)


def _actor(caller: Caller | None) -> Actor:
    if caller is None:
        return NOBODY
    return Actor(caller.subject, caller.network_id, caller.roles, owes=caller.owes)


def _refusal(decision: Decision) -> DomainError:
    match decision.answer:
        case Answer.SIGN_IN:
            return Unauthenticated("an access token is needed")
        case Answer.HIDE:
            return NotFound("there is no such thing in your network")
        case Answer.CONSENT if decision.owed is not None:
            purpose, version = decision.owed
            return ConsentRequired(
                f"show version {version} of the text of {purpose}, let her decide, then refresh "
                "the session",
                purpose=purpose, version=str(version),
            )  # fmt: skip
        case Answer.JOIN:
            return Precondition("join first")
        case _ if decision.needed:
            needed = " or ".join(decision.needed)
            return Forbidden("your role does not allow this", needed=needed)
        case _:
            return Forbidden(decision.reason)
