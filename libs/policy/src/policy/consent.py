"""What somebody may still do while a decision of hers is open.

Almost everything needs *service*: who has not agreed to it, or not to the version that is needed by
now, may read texts, decide, see and end her sessions, take her data with her and leave, and all of
that for herself alone. Nobody is locked in, and nobody acts for others on a role she holds under
terms she did not accept. A few actions need another purpose as well.

Which decisions are open her token says (`Actor.owes`), because who issued it knows the texts and
the time. So nobody is asked, and whoever owes nothing pays for one look at an empty tuple.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from policy.decision import Answer, Decision
from policy.facts import Actor, Facts
from policy.rules import Rule

SERVICE: Final = "service"
SIGNALS: Final = "signals"
_IDENTITY: Final = "/kith.identity.v1."

WITHOUT: Final = frozenset(
    _IDENTITY + name
    for name in (
        "NetworkService/GetNetwork",
        "ConsentService/ListConsents",
        "ConsentService/SetConsent",
        "ConsentRecordService/ListConsentRecords",
        "ConsentRecordService/GetConsentReceipt",
        "DeviceService/ListSessions",
        "DeviceService/DeleteSession",
        "AuditService/ListAccesses",
        "ExportService/CreateExport",
        "ExportService/GetExport",
        "ExportService/DeleteExport",
        "ExportService/ReadExport",
    )
)
"""Needs no consent: about herself alone, whatever her roles."""
FOR_HERSELF: Final = frozenset(
    _IDENTITY + name
    for name in (
        "AccountService/GetAccount",
        "DeviceService/DeleteSessions",
        "ErasureService/RequestErasure",
        "ErasureService/CancelErasure",
        "ErasureService/GetErasure",
    )
)
"""Needs no consent when it is about herself; roles count for nothing here before she agreed."""
OWN_SIGNALS: Final = frozenset(
    f"/kith.signals.v1.SignalService/{name}" for name in ("GetMemberSignal", "ListCoursePoints")
)
"""Needs her decision on *signals* when it is about herself."""


def before_consent(actor: Actor, action: str, rule: Rule, facts: Facts | None) -> Decision | None:
    """The decision about somebody who owes one; None where what she owes does not matter.

    Without facts it may be LATER, as for everybody.
    """
    owed = dict(actor.owes)
    if SERVICE in owed and action not in WITHOUT:
        if action not in FOR_HERSELF:
            return _first(SERVICE, owed)
        alone = rule.decide(actor._replace(roles=frozenset()), facts)
        return _first(SERVICE, owed) if alone.answer is Answer.FORBID else alone
    if SIGNALS in owed and action in OWN_SIGNALS:
        if facts is None:
            decision = rule.decide(actor, None)
            return decision if decision.answer is Answer.FORBID else _LATER
        if facts.owner_id is not None and facts.owner_id == actor.member_id:
            return _first(SIGNALS, owed)
    return None


_LATER = Decision(Answer.LATER, "depends on whose it is", "her decision on signals, for her own")


def _first(purpose: str, owed: Mapping[str, int]) -> Decision:
    version = owed[purpose]
    return Decision(
        Answer.CONSENT, f"a decision on version {version} of {purpose} is open",
        f"whoever has decided on {purpose}", owed=(purpose, version),
    )  # fmt: skip
