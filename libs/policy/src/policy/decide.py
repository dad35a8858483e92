"""The decision function: signing in, then what she owes a decision on, then the action's rule, then
the wall between networks."""

from __future__ import annotations

from policy.consent import before_consent
from policy.decision import Answer, Decision
from policy.facts import Actor, Facts
from policy.table import PUBLIC, TABLE

_NO_RULE = Decision(Answer.FORBID, "there is no rule for this action", "nobody")
_SIGN_IN = Decision(Answer.SIGN_IN, "needs an account", "whoever has signed in")
_WHEREVER = (Answer.FORBID, Answer.CONSENT)
_HIDDEN = Decision(Answer.HIDE, "no such thing in the actor's network", "one's own network")


def decide(actor: Actor, action: str, facts: Facts | None = None) -> Decision:
    """Whether `actor` may do `action`, and why.

    Without `facts` this is the question at the door, where only actor and action are known; the
    answer may then be LATER. With facts it never is: what they do not say counts against the
    actor. A thing of another network and a thing that does not exist get the same decision, to
    the letter; and where the rule forbids from what the actor knew before asking (her roles,
    whose id she named, what she owes a decision on), it does so wherever the thing is. One kind of
    rule lets a role act in every network (`rules.Everywhere`): blindly, nothing is shown to it.
    """
    rule = TABLE.get(action)
    if rule is None:
        return _NO_RULE
    if rule is PUBLIC:
        return rule.decide(actor, facts)
    if actor.member_id is None:
        return _SIGN_IN
    decision = before_consent(actor, action, rule, facts) if actor.owes else None
    if decision is None:
        decision = rule.decide(actor, facts)
    if facts is None or decision.answer in _WHEREVER or decision.everywhere:
        return decision
    return decision if _is_near(actor, facts) else _HIDDEN


def _is_near(actor: Actor, facts: Facts) -> bool:
    return facts.network_id is not None and facts.network_id == actor.network_id
