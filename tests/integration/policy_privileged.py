"""One write for each action that only a role allows, each of which changes something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from google.protobuf.message import Message
from kith.identity.v1 import identity_service_pb2
from kith.messaging.v1 import messaging_service_pb2
from kith_cli.client import Kith

from tests.integration.policy_cases import WHEN, accounts, history
from tests.integration.policy_holds import ENDS
from tests.integration.policy_world import RESOURCE, STEP, Things, fresh

Act = Callable[[Kith, Things], object]
_IDENTITY: Final = "/kith.identity.v1."
_LIBRARY: Final = "/kith.community.v1.ResourceService/"
HISTORY: Final = "/kith.messaging.v1.MessageService/ImportMessages"
KNOWN: Final = {"eligible": [{"memberNumber": "K7654321", "birthDate": "1990-02-28"}]}
FAR: Final = "2096-10-02T07:06:40Z"


def _dora(things: Things, part: str) -> str:
    return f"/v1/accounts/{things.dora}/{part}"


def _delete(kith: Kith, path: str) -> object:
    return kith.request("DELETE", path)


def _hold(kith: Kith, things: Things) -> object:
    body = {"reason": "dispute", "expireTime": ENDS.isoformat()}
    return kith.put(_dora(things, "holds/of-the-log"), body)


def _import(kith: Kith, _: Things) -> object:
    def serialize(message: Message) -> bytes:
        return message.SerializeToString()

    return kith.stream(
        _IDENTITY + "AccountService/ImportAccounts", serialize,
        identity_service_pb2.ImportAccountsResponse.FromString, lambda: iter([accounts()]),
    )  # fmt: skip


def _history(kith: Kith, things: Things) -> object:
    def serialize(message: Message) -> bytes:
        return message.SerializeToString()

    return kith.stream(
        HISTORY, serialize, messaging_service_pb2.ImportMessagesResponse.FromString,
        lambda: iter([history(things)]),
    )  # fmt: skip


def _program(kith: Kith, _: Things) -> object:
    steps = [{"id": STEP, "week": 1, "kind": "discussion", "title": "Hello"}]
    return kith.post("/v1/programs", {"displayName": "More", "weeks": 1, "steps": steps})


def _cohort(kith: Kith, things: Things) -> object:
    path = f"/v1/programs/{things.program}/cohorts"
    return kith.post(path, {"displayName": "More", "startTime": WHEN})


def _enroll(kith: Kith, things: Things) -> object:
    cohort = _cohort(kith, things)
    assert isinstance(cohort, dict)
    return kith.post(f"/v1/cohorts/{cohort['id']}/enrollments", {"memberIds": [things.ben]})


def _grant(kith: Kith, things: Things) -> object:
    return kith.put(_dora(things, "roles/moderator"), {"reason": fresh("reason")})


ACTS: Final[Mapping[str, Act]] = {
    _IDENTITY + "NetworkSettingsService/UpdateNetwork": lambda kith, _: kith.request(
        "PATCH", "/v1/network", json={"displayName": fresh("Name")}
    ),
    _IDENTITY + "InviteService/CreateInvite": lambda kith, _: kith.post("/v1/invites", {}),
    _IDENTITY + "JoiningService/RevokeInvite": lambda kith, _: _delete(
        kith, f"/v1/invites/{kith.post('/v1/invites', {})['id']}"
    ),
    _IDENTITY + "RosterService/AddEligible": lambda kith, _: kith.post("/v1/eligibility", KNOWN),
    _IDENTITY + "RosterService/RemoveEligible": lambda kith, _: kith.post(
        "/v1/eligibility/removal", KNOWN
    ),
    _IDENTITY + "AccountService/ImportAccounts": _import,
    _IDENTITY + "DeviceService/DeleteSessions": lambda kith, t: _delete(kith, _dora(t, "sessions")),
    _IDENTITY + "ErasureService/RequestErasure": lambda kith, t: kith.put(_dora(t, "erasure")),
    _IDENTITY + "HoldService/PlaceHold": _hold,
    _IDENTITY + "HoldService/LiftHold": lambda kith, t: _delete(kith, _dora(t, "holds/of-the-log")),
    _IDENTITY + "ErasureService/HoldErasure": lambda kith, t: kith.put(
        _dora(t, "erasure/hold"), {"reason": "dispute"}
    ),
    _IDENTITY + "ErasureService/ReleaseErasure": lambda kith, t: _delete(
        kith, _dora(t, "erasure/hold")
    ),
    _IDENTITY + "ErasureService/AllowErasure": lambda kith, t: kith.put(
        _dora(t, "erasure/allowance"), {"reason": "mistake"}
    ),
    _IDENTITY + "ErasureService/CancelErasure": lambda kith, t: _delete(kith, _dora(t, "erasure")),
    _IDENTITY + "RoleService/GrantRole": _grant,
    _IDENTITY + "RoleService/RevokeRole": lambda kith, t: _delete(
        kith, _dora(t, "roles/moderator")
    ),
    _IDENTITY + "AccountService/UpdateRoles": lambda kith, t: kith.put(
        _dora(t, "roles"), {"roles": ["moderator"]}
    ),
    _IDENTITY + "RoleService/AwardBadge": lambda kith, t: kith.put(
        _dora(t, "badges/mentor_training"), {"validUntilTime": FAR}
    ),
    _IDENTITY + "RoleService/WithdrawBadge": lambda kith, t: _delete(
        kith, _dora(t, "badges/mentor_training")
    ),
    "/kith.community.v1.CircleService/CreateCircle": lambda kith, _: kith.post(
        "/v1/circles", {"displayName": "More"}
    ),
    _LIBRARY + "CreateResource": lambda kith, _: kith.post("/v1/resources", RESOURCE),
    _LIBRARY + "WithdrawResource": lambda kith, t: _delete(kith, f"/v1/resources/{t.outdated}"),
    HISTORY: _history,
    "/kith.programs.v1.ProgramService/CreateProgram": _program,
    "/kith.programs.v1.ProgramService/CreateCohort": _cohort,
    "/kith.programs.v1.EnrollmentService/EnrollMembers": _enroll,
}
"""In an order in which each changes something, on a network that was just made."""
ELSEWHERE: Final = {
    "/kith.community.v1.CaseService/OpenCase": "test_cases.py, below and of community",
    "/kith.community.v1.CaseService/ClaimCase": "test_cases.py, below and of community",
    "/kith.community.v1.CaseService/CloseCase": "test_cases.py, below and of community",
    _IDENTITY + "NetworkService/CreateNetwork": "test_network_settings.py of identity",
    _IDENTITY + "JoiningService/ApproveApplication": "test_joining.py of identity",
    _IDENTITY + "JoiningService/DeclineApplication": "test_joining.py of identity",
}
"""Needs somebody who waits, or another network's log; seen there."""
