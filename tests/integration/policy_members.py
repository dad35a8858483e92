"""One good request for every door of profiles, roles and badges."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from kith.identity.v1 import (
    identity_pb2,
    profile_pb2,
    profile_service_pb2,
    role_service_pb2,
)

from tests.integration.policy_cases import Case, route, rpc
from tests.integration.policy_world import anas, her_own, here

SAID = {"offers": ["a walk"], "visibility": {"offers": "network"}}
FAR = "2096-10-02T07:06:40Z"


def member_rpcs() -> Iterator[Case]:
    """Asked of identity itself."""
    yield from _profile_rpcs()
    yield from _role_rpcs()


def _profile_rpcs() -> Iterator[Case]:
    """Everybody says the same, so that whoever is first changes something and nobody after her."""
    api, v1 = profile_service_pb2, "identity.v1.ProfileService/"
    said = profile_pb2.Profile(
        offers=["a walk"],
        visibility=profile_pb2.ProfileVisibility(offers=profile_pb2.VISIBILITY_NETWORK),
    )
    yield rpc(v1 + "GetProfile", lambda t: api.GetProfileRequest(member_id=t.ana), here)
    yield rpc(v1 + "InspectProfile", lambda t: api.InspectProfileRequest(member_id=t.ana), anas)
    yield rpc(
        v1 + "UpdateProfile",
        lambda _: api.UpdateProfileRequest(
            profile=said, update_mask=FieldMask(paths=["offers", "visibility.offers"])
        ),
    )
    yield rpc(v1 + "SuggestHandles", lambda t: api.SuggestHandlesRequest(invite_code=t.invite))


def _role_rpcs() -> Iterator[Case]:
    """Dora is given and denied, in any order."""
    api, v1 = role_service_pb2, "identity.v1.RoleService/"
    badge = profile_pb2.BADGE_KIND_MENTOR_TRAINING
    until = Timestamp(seconds=4_000_000_000)
    yield rpc(v1 + "GetRoles", lambda t: api.GetRolesRequest(member_id=t.ana), anas)
    yield rpc(
        v1 + "GrantRole",
        lambda t: api.GrantRoleRequest(
            member_id=t.dora, role=identity_pb2.ROLE_MEMBER, reason="she asked"
        ),
        here,
    )
    yield rpc(
        v1 + "RevokeRole",
        lambda t: api.RevokeRoleRequest(member_id=t.dora, role=identity_pb2.ROLE_CARE_TEAM),
        here,
    )
    yield rpc(
        v1 + "AwardBadge",
        lambda t: api.AwardBadgeRequest(member_id=t.dora, kind=badge, valid_until_time=until),
        here,
    )
    yield rpc(
        v1 + "WithdrawBadge", lambda t: api.WithdrawBadgeRequest(member_id=t.dora, kind=badge), here
    )


def member_routes() -> Iterator[Case]:
    """Asked of the gateway."""
    roles, badge = "/v1/accounts/{dora}/roles/", "/v1/accounts/{dora}/badges/mentor_training"
    yield route("get_roles", "GET", "/v1/accounts/{ana}/roles", anas)
    yield route("grant_role", "PUT", roles + "member", here, lambda _: {"reason": "she asked"})
    yield route("revoke_role", "DELETE", roles + "care_team", here)
    yield route("award_badge", "PUT", badge, here, lambda _: {"validUntilTime": FAR})
    yield route("withdraw_badge", "DELETE", badge, here)
    own = "/v1/accounts/me/profile"
    yield route("get_own_profile", "GET", own, her_own)
    yield route("update_profile", "PATCH", own, body=lambda _: SAID | {"version": 0})
    yield route("get_profile", "GET", "/v1/accounts/{ana}/profile", here)
    yield route("inspect_profile", "GET", "/v1/accounts/{ana}/profile/inspection", anas)
    yield route(
        "suggest_handles", "POST", "/v1/handle-suggestions",
        body=lambda t: {"inviteCode": t.invite},
    )  # fmt: skip
