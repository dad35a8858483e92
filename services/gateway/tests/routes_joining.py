"""The routes of networks and joining them, each with one good request."""

from __future__ import annotations

from google.protobuf.field_mask_pb2 import FieldMask
from kith.identity.v1 import identity_pb2, network_pb2
from kith.identity.v1 import joining_service_pb2 as joining
from kith.identity.v1 import network_service_pb2 as networks

from services.gateway.tests.builders import (
    ACCOUNT,
    ACCOUNT_JSON,
    AT,
    JOINING_JSON,
    NETWORK,
    NETWORK_JSON,
    NEXT,
    PAGE,
    QUERY,
    Route,
    stamp,
)

SETTINGS = "/kith.identity.v1.NetworkSettingsService"
SERVICE, ROSTER = "/kith.identity.v1.JoiningService", "/kith.identity.v1.RosterService"
ELIGIBLE = joining.Eligible(member_number="K1234567", birth_date="1990-02-28")
ELIGIBLE_JSON = {"memberNumber": "K1234567", "birthDate": "1990-02-28"}
JOINING = [
    Route(
        "POST", "/v1/networks/lookup", f"{SETTINGS}/LookUpNetwork",
        networks.LookUpNetworkRequest(slug="berlin"),
        networks.LookUpNetworkResponse(
            network=network_pb2.JoiningNetwork(
                slug="berlin", display_name="Berlin", locale="de", age_rule=NETWORK.age_rule,
                opening=NETWORK.opening, crisis_resources=NETWORK.crisis_resources,
                branding=NETWORK.branding,
            )
        ),
        JOINING_JSON, body={"slug": "berlin"}, public=True,
    ),
    Route(
        "PATCH", "/v1/network", f"{SETTINGS}/UpdateNetwork",
        networks.UpdateNetworkRequest(
            network=identity_pb2.Network(
                age_rule=NETWORK.age_rule, opening=NETWORK.opening,
                crisis_resources=NETWORK.crisis_resources,
            ),
            update_mask=FieldMask(paths=["age_rule", "opening", "crisis_resources"]),
        ),
        networks.UpdateNetworkResponse(network=NETWORK), NETWORK_JSON,
        body={
            name: NETWORK_JSON[name] for name in ("ageRule", "opening", "crisisResources")
        },
    ),
    Route(
        "POST", "/v1/applications", f"{SERVICE}/Apply",
        joining.ApplyRequest(network="berlin", email="ada@example.org"),
        joining.ApplyResponse(waits=True), {"waits": True},
        body={"network": "berlin", "email": "ada@example.org"},
        status=201, public=True,
    ),
    Route(
        "POST", "/v1/applications/completion", f"{SERVICE}/CompleteApplication",
        joining.CompleteApplicationRequest(
            token="abc", handle="ada", password="pw", age_confirmed=True,
            birth_date="1990-02-28", eligible=ELIGIBLE, note="Hello", service_text_version=1,
        ),
        joining.CompleteApplicationResponse(waits=True), {"waits": True},
        body={
            "token": "abc", "handle": "ada", "password": "pw", "ageConfirmed": True,
            "birthDate": "1990-02-28", "eligible": ELIGIBLE_JSON, "note": "Hello",
            "serviceTextVersion": 1,
        },
        status=201, public=True,
    ),
    Route(
        "GET", f"/v1/applications?{QUERY}", f"{SERVICE}/ListApplications",
        joining.ListApplicationsRequest(**PAGE),
        joining.ListApplicationsResponse(
            applications=[
                joining.Application(member_id="a1", handle="ada", note="Hi", create_time=stamp())
            ],
            next_page_token="t2",
        ),
        {
            "applications": [
                {"memberId": "a1", "handle": "ada", "note": "Hi", "createTime": AT}
            ],
            **NEXT,
        },
    ),
    Route(
        "PUT", "/v1/applications/a1/approval", f"{SERVICE}/ApproveApplication",
        joining.ApproveApplicationRequest(member_id="a1"),
        joining.ApproveApplicationResponse(account=ACCOUNT), ACCOUNT_JSON,
    ),
    Route(
        "PUT", "/v1/applications/a1/refusal", f"{SERVICE}/DeclineApplication",
        joining.DeclineApplicationRequest(
            member_id="a1", reason=joining.DECLINE_REASON_UNCONFIRMED
        ),
        joining.DeclineApplicationResponse(), None, body={"reason": "unconfirmed"}, status=204,
    ),
    Route(
        "GET", f"/v1/invites?{QUERY}", f"{SERVICE}/ListInvites",
        joining.ListInvitesRequest(**PAGE),
        joining.ListInvitesResponse(
            invites=[
                identity_pb2.Invite(
                    id="i1", roles=[identity_pb2.ROLE_MEMBER], max_uses=3, used_count=2,
                    expire_time=stamp(), revoked=True,
                )
            ],
            next_page_token="t2",
        ),
        {
            "invites": [
                {
                    "id": "i1", "roles": ["member"], "maxUses": 3, "usedCount": 2,
                    "expireTime": AT, "revoked": True,
                }
            ],
            **NEXT,
        },
    ),
    Route(
        "DELETE", "/v1/invites/i1", f"{SERVICE}/RevokeInvite",
        joining.RevokeInviteRequest(invite_id="i1"), joining.RevokeInviteResponse(), None,
        status=204,
    ),
    Route(
        "POST", "/v1/eligibility", f"{ROSTER}/AddEligible",
        joining.AddEligibleRequest(eligible=[ELIGIBLE]),
        joining.AddEligibleResponse(added_count=1), {"addedCount": 1},
        body={"eligible": [ELIGIBLE_JSON]},
    ),
    Route(
        "POST", "/v1/eligibility/removal", f"{ROSTER}/RemoveEligible",
        joining.RemoveEligibleRequest(eligible=[ELIGIBLE]),
        joining.RemoveEligibleResponse(removed_count=1), {"removedCount": 1},
        body={"eligible": [ELIGIBLE_JSON]},
    ),
    Route(
        "GET", "/v1/eligibility", f"{ROSTER}/CountEligible", joining.CountEligibleRequest(),
        joining.CountEligibleResponse(total_count=12, joined_count=3),
        {"totalCount": 12, "joinedCount": 3},
    ),
]  # fmt: skip
