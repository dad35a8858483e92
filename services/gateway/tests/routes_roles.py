"""The routes of roles and badges, each with one good request."""

from __future__ import annotations

from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import profile_pb2 as profile
from kith.identity.v1 import role_service_pb2 as api

from services.gateway.tests.builders import AT, Route, stamp

SERVICE = "/kith.identity.v1.RoleService"
BADGE = profile.BADGE_KIND_MENTOR_TRAINING
HELD = api.MemberRoles(
    member_id="a1", roles=[pb.ROLE_MEMBER, pb.ROLE_MODERATOR],
    grants=[
        api.RoleGrant(
            role=pb.ROLE_MODERATOR, granted_by="b1", grant_time=stamp(), reason="she asked",
            expire_time=stamp(),
        ),
        api.RoleGrant(
            role=pb.ROLE_MEMBER, granted_by="b1", grant_time=stamp(), reason="for good"
        ),
    ],
    badges=[profile.Badge(kind=BADGE, valid_until_time=stamp())], version=7,
)  # fmt: skip
HELD_JSON = {
    "memberId": "a1", "roles": ["member", "moderator"],
    "grants": [
        {
            "role": "moderator", "grantedBy": "b1", "grantTime": AT, "reason": "she asked",
            "expireTime": AT,
        },
        {"role": "member", "grantedBy": "b1", "grantTime": AT, "reason": "for good"},
    ],
    "badges": [{"kind": "mentor_training", "validUntilTime": AT}], "version": 7,
}  # fmt: skip
ROLES = [
    Route(
        "GET", "/v1/accounts/a1/roles", f"{SERVICE}/GetRoles", api.GetRolesRequest(member_id="a1"),
        api.GetRolesResponse(roles=HELD), HELD_JSON,
    ),
    Route(
        "PUT", "/v1/accounts/a1/roles/moderator", f"{SERVICE}/GrantRole",
        api.GrantRoleRequest(
            member_id="a1", role=pb.ROLE_MODERATOR, reason="she asked", expire_time=stamp()
        ),
        api.GrantRoleResponse(roles=HELD), HELD_JSON,
        body={"reason": "she asked", "expireTime": AT},
    ),
    Route(
        "DELETE", "/v1/accounts/a1/roles/moderator", f"{SERVICE}/RevokeRole",
        api.RevokeRoleRequest(member_id="a1", role=pb.ROLE_MODERATOR),
        api.RevokeRoleResponse(roles=HELD), HELD_JSON,
    ),
    Route(
        "PUT", "/v1/accounts/a1/badges/mentor_training", f"{SERVICE}/AwardBadge",
        api.AwardBadgeRequest(member_id="a1", kind=BADGE, valid_until_time=stamp()),
        api.AwardBadgeResponse(roles=HELD), HELD_JSON, body={"validUntilTime": AT},
    ),
    Route(
        "DELETE", "/v1/accounts/a1/badges/mentor_training", f"{SERVICE}/WithdrawBadge",
        api.WithdrawBadgeRequest(member_id="a1", kind=BADGE),
        api.WithdrawBadgeResponse(roles=HELD), HELD_JSON,
    ),
]  # fmt: skip
