"""The few kinds of rule the table is made of.

A rule makes its decisions once, when the table is built: deciding only chooses among them.
"""

from __future__ import annotations

from typing import Protocol

from policy.decision import Answer, Decision
from policy.facts import Actor, Facts


class Rule(Protocol):
    """Decides about who has signed in; scope and signing in are not its business."""

    @property
    def text(self) -> str:
        """The rule in a reader's words."""
        ...

    def decide(self, actor: Actor, facts: Facts | None) -> Decision:
        """The decision; without facts it may be that it depends on them."""
        ...


class Always:
    """Allows everybody it is asked about."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._allowed = Decision(Answer.ALLOW, text, text)

    def decide(self, actor: Actor, facts: Facts | None) -> Decision:
        """See Rule."""
        return self._allowed


class Roles:
    """Allows whoever has one of some roles."""

    def __init__(self, *roles: str, text: str = "") -> None:
        """`text` says it shorter than naming all of them."""
        self._roles = frozenset(roles)
        self.text = text or " or ".join(roles)
        needed = tuple(sorted(roles))
        self._allowed = Decision(Answer.ALLOW, f"is {self.text}", self.text)
        self._denied = Decision(Answer.FORBID, f"needs {self.text}", self.text, needed)

    def decide(self, actor: Actor, facts: Facts | None) -> Decision:
        """See Rule."""
        return self._denied if self._roles.isdisjoint(actor.roles) else self._allowed


class Everywhere:
    """Allows one role in every network, and another in its own.

    Who acts in a network that is not hers is shown nothing of it: neither an answer nor whether
    what she named is there.
    """

    def __init__(self, everywhere: str, near: str) -> None:
        self._everywhere, self._near = everywhere, near
        self.text = f"{near}, or {everywhere} in every network, blindly"
        self._blind = Decision(Answer.ALLOW, f"is {everywhere}", self.text, everywhere=True)
        self._allowed = Decision(Answer.ALLOW, f"is {near}", self.text)
        self._denied = Decision(
            Answer.FORBID, f"needs {near} or {everywhere}", self.text, (near, everywhere)
        )

    def decide(self, actor: Actor, facts: Facts | None) -> Decision:
        """See Rule."""
        if self._everywhere in actor.roles:
            return self._blind
        return self._allowed if self._near in actor.roles else self._denied


class OwnOr:
    """Allows who asks for what is hers, and whoever has one of some roles.

    A stranger's is forbidden and not hidden, whether or not it exists: that it is not hers is
    known from its owner's id alone, before anything is looked up.
    """

    def __init__(self, *roles: str, shows: bool = True) -> None:
        """`shows` says whether doing it shows anything of whose it is, which is then audited."""
        self.shows = shows
        self._roles = frozenset(roles)
        self.text = f"her own, or {' or '.join(roles)}"
        needed = tuple(sorted(roles))
        self._role = Decision(Answer.ALLOW, f"is {' or '.join(roles)}", self.text)
        self._own = Decision(Answer.ALLOW, "it is her own", self.text)
        self._denied = Decision(
            Answer.FORBID, f"not her own, and needs {' or '.join(roles)}", self.text, needed
        )
        self._later = Decision(Answer.LATER, "depends on whose it is", self.text)

    def decide(self, actor: Actor, facts: Facts | None) -> Decision:
        """See Rule."""
        if not self._roles.isdisjoint(actor.roles):
            return self._role
        if facts is None:
            return self._later
        return self._own if _is_hers(actor, facts) else self._denied


class Own:
    """Allows who acts on what is hers; of others' she is not told that it is there."""

    text = "her own"
    _own = Decision(Answer.ALLOW, "it is her own", text)
    _later = Decision(Answer.LATER, "depends on whose it is", text)
    _hidden = Decision(Answer.HIDE, "only whose it is", text)

    def decide(self, actor: Actor, facts: Facts | None) -> Decision:
        """See Rule."""
        if facts is None:
            return self._later
        return self._own if _is_hers(actor, facts) else self._hidden


class Tied:
    """Allows whose it is, and who is tied to her in one of some ways; others are told nothing."""

    def __init__(self, text: str, *ties: str) -> None:
        self._ties = frozenset(ties)
        self.text = text
        self._own = Decision(Answer.ALLOW, "it is her own", text)
        self._tied = Decision(Answer.ALLOW, "is tied to whose it is", text)
        self._later = Decision(Answer.LATER, "depends on what ties them", text)
        self._hidden = Decision(Answer.HIDE, "not shown to her", text)

    def decide(self, actor: Actor, facts: Facts | None) -> Decision:
        """See Rule."""
        if facts is None:
            return self._later
        if _is_hers(actor, facts):
            return self._own
        return self._hidden if self._ties.isdisjoint(facts.ties) else self._tied


class TakesPart:
    """Allows who takes part; `else_` is what others are answered: HIDE or JOIN."""

    def __init__(self, text: str, else_: Answer) -> None:
        self.text = text
        self._inside = Decision(Answer.ALLOW, "takes part", text)
        self._later = Decision(Answer.LATER, "depends on who takes part", text)
        self._outside = Decision(else_, "only who takes part", text)

    def decide(self, actor: Actor, facts: Facts | None) -> Decision:
        """See Rule."""
        if facts is None:
            return self._later
        return self._inside if actor.member_id in facts.member_ids else self._outside


class Both:
    """Allows whom two rules allow; what the first denies is not asked of the second."""

    def __init__(self, first: Rule, second: Rule) -> None:
        """`first` never depends on facts."""
        self._first, self._second = first, second
        self.text = f"{first.text}; {second.text}"

    def decide(self, actor: Actor, facts: Facts | None) -> Decision:
        """See Rule."""
        decision = self._first.decide(actor, facts)
        return self._second.decide(actor, facts) if decision.allowed else decision


def _is_hers(actor: Actor, facts: Facts) -> bool:
    return facts.owner_id is not None and facts.owner_id == actor.member_id
