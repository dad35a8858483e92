"""Explaining a decision of the policy with made-up people: what is asked about is said by flags."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from policy import NOBODY, Actor, Answer, Facts, decide
from policy.consent import SERVICE, SIGNALS
from policy.describe import ROLES, matching

from kith_cli.errors import Stop

HERE, ELSEWHERE = UUID(int=1), UUID(int=2)
SELF, OTHER = UUID(int=10), UUID(int=11)
PURPOSES = (SERVICE, SIGNALS)
OWNERS = {"self": SELF, "other": OTHER}


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks, and what is known of the thing; what is None is not said."""

    roles: tuple[str, ...]
    own_network: bool | None = None
    owner: str | None = None
    takes_part: bool | None = None
    owes: tuple[str, ...] = ()

    def actor(self) -> Actor:
        """Raises Stop for a role that does not exist, and a purpose that nothing needs."""
        for role in self.roles:
            if role not in ROLES:
                raise Stop(f"There is no role {role!r}; there are {', '.join(ROLES)}.")
        for purpose in self.owes:
            if purpose not in PURPOSES:
                raise Stop(f"No action needs {purpose!r}; some need {' or '.join(PURPOSES)}.")
        owes = tuple((purpose, 1) for purpose in self.owes)
        return Actor(SELF, HERE, frozenset(self.roles), owes=owes) if self.roles else NOBODY

    def facts(self) -> Facts | None:
        """None if nothing is said about the thing. Raises Stop for an owner that is no word."""
        if self.own_network is None and self.owner is None and self.takes_part is None:
            return None
        if self.owner is not None and self.owner not in OWNERS:
            raise Stop(f"--owner must be self or other, not {self.owner!r}.")
        return Facts(
            ELSEWHERE if self.own_network is False else HERE,
            owner_id=OWNERS[self.owner] if self.owner else None,
            member_ids=(SELF, OTHER) if self.takes_part else (),
        )


def explained(action: str, question: Question) -> tuple[str, bool]:
    """The decision in words, and whether the door opens (to decide later is to open, at first).

    Raises Stop when the name fits no action or several.
    """
    found = matching(action)
    if len(found) != 1:
        several = f"There are several: {', '.join(found)}." if found else "See `kith policy table`."
        raise Stop(f"No one action is called {action!r}. {several}")
    decision = decide(question.actor(), found[0], question.facts())
    lines = {
        "action": found[0], "actor": " and ".join(question.roles) or "nobody",
        "decision": decision.answer.value, "rule": decision.rule, "reason": decision.reason,
    }  # fmt: skip
    text = "\n".join(f"{name:<9} {value}" for name, value in lines.items())
    return text, decision.answer in {Answer.ALLOW, Answer.LATER}
