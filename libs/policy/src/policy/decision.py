"""What comes out of a decision."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Answer(Enum):
    """What becomes of a call; everything but ALLOW keeps it from happening."""

    ALLOW = "allow"
    SIGN_IN = "sign in first"
    FORBID = "forbidden"
    HIDE = "not found"
    """As if there was no such thing."""
    JOIN = "join first"
    """The actor may see that it is there; taking part is open to her, and comes first."""
    CONSENT = "consent first"
    """A decision of the actor's own is open; `Decision.owed` says on what."""
    LATER = "depends on the resource"
    """Actor and action are not enough: ask again with facts. Never the answer to facts."""


class Decision(NamedTuple):
    """An answer with the reason for it, and the rule that it follows from.

    `needed` are the roles of which one would have been enough; empty if roles are not the point.
    `everywhere`: also of what belongs to another network, of which then nothing is shown.
    `owed` is the purpose and the version of the text that she has to decide on first.
    """

    answer: Answer
    reason: str
    rule: str
    needed: tuple[str, ...] = ()
    owed: tuple[str, int] | None = None
    everywhere: bool = False

    @property
    def allowed(self) -> bool:
        """Whether the call may happen."""
        return self.answer is Answer.ALLOW
