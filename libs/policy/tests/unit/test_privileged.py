"""What does this test do? It finds in the table every write that somebody may do because of a role
and a plain member may not do to another, and compares them with the list that says how each comes
into the audit log."""

from __future__ import annotations

from uuid import UUID

from policy.decide import decide
from policy.decision import Answer
from policy.describe import ROLES
from policy.facts import Actor, Facts
from policy.privileged import PRIVILEGED, READS
from policy.table import TABLE

HOME, ADA, BEN = UUID(int=1), UUID(int=2), UUID(int=3)
BENS = Facts(HOME, owner_id=BEN, member_ids=(ADA, BEN), ties=("connected", "circle"))


def may(role: str, action: str) -> bool:
    """Whether ada may do it to what is ben's, being close to him in every way."""
    return decide(Actor(ADA, HOME, frozenset({role})), action, BENS).answer is Answer.ALLOW


def writes_by_privilege() -> set[str]:
    found = set()
    for action in TABLE:
        method = action.rpartition("/")[2]
        writes = action.startswith("/kith.") and not method.startswith(READS)
        if writes and not may("member", action) and any(may(role, action) for role in ROLES):
            found.add(action)
    return found


def test_every_write_by_privilege_says_how_it_comes_into_the_audit_log() -> None:
    assert writes_by_privilege() == PRIVILEGED.keys()
