"""Every write that is allowed because of a role, and how it comes into the audit log (ADR 31).

A test compares this list with the table: a new action that only a role opens has to be named here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final


class Told(Enum):
    """How the audit log hears of a write."""

    WITH_THE_STATE = "in the outbox of the document that was written, in the same write"
    BEFORE = "an entry before the first of many documents is written"
    BEFORE_THE_ANSWER = "with whose data it shows, before the answer leaves (ADR 18)"


def _of(service: str, told: Told, *methods: str) -> dict[str, Told]:
    return {f"/kith.{service}/{method}": told for method in methods}


PRIVILEGED: Final[Mapping[str, Told]] = {
    **_of("identity.v1.NetworkService", Told.WITH_THE_STATE, "CreateNetwork"),
    **_of("identity.v1.NetworkSettingsService", Told.WITH_THE_STATE, "UpdateNetwork"),
    **_of("identity.v1.InviteService", Told.WITH_THE_STATE, "CreateInvite"),
    **_of("identity.v1.JoiningService", Told.WITH_THE_STATE, "RevokeInvite"),
    **_of(
        "identity.v1.JoiningService",
        Told.BEFORE_THE_ANSWER,
        "ApproveApplication",
        "DeclineApplication",
    ),
    **_of("identity.v1.RosterService", Told.BEFORE, "AddEligible", "RemoveEligible"),
    **_of("identity.v1.AccountService", Told.WITH_THE_STATE, "UpdateRoles"),
    **_of("identity.v1.AccountService", Told.BEFORE, "ImportAccounts"),
    **_of("identity.v1.DeviceService", Told.WITH_THE_STATE, "DeleteSessions"),
    **_of("identity.v1.ErasureService", Told.BEFORE_THE_ANSWER, "RequestErasure", "CancelErasure"),
    **_of(
        "identity.v1.ErasureService",
        Told.WITH_THE_STATE,
        "HoldErasure",
        "ReleaseErasure",
        "AllowErasure",
    ),
    **_of("identity.v1.HoldService", Told.WITH_THE_STATE, "PlaceHold", "LiftHold"),
    **_of(
        "identity.v1.RoleService",
        Told.WITH_THE_STATE,
        "GrantRole",
        "RevokeRole",
        "AwardBadge",
        "WithdrawBadge",
    ),
    **_of("community.v1.CircleService", Told.WITH_THE_STATE, "CreateCircle"),
    **_of(
        "community.v1.ResourceService", Told.WITH_THE_STATE, "CreateResource", "WithdrawResource"
    ),
    **_of("community.v1.CaseService", Told.WITH_THE_STATE, "OpenCase", "ClaimCase", "CloseCase"),
    **_of("messaging.v1.MessageService", Told.BEFORE, "ImportMessages"),
    **_of("programs.v1.ProgramService", Told.WITH_THE_STATE, "CreateProgram", "CreateCohort"),
    **_of("programs.v1.EnrollmentService", Told.WITH_THE_STATE, "EnrollMembers"),
}
READS: Final = ("Get", "List", "Count", "Verify", "Inspect", "Read")
"""What the name of an action begins with that changes nothing."""
