"""Who may do what in Kith: one decision function, pure, asked by every door."""

from policy.decide import decide
from policy.decision import Answer, Decision
from policy.facts import NOBODY, NOTHING, Actor, Facts

__all__ = ["NOBODY", "NOTHING", "Actor", "Answer", "Decision", "Facts", "decide"]
