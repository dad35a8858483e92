"""The routes of profiles, each with one good request."""

from __future__ import annotations

from google.protobuf.field_mask_pb2 import FieldMask
from kith.identity.v1 import profile_pb2 as pb
from kith.identity.v1 import profile_service_pb2 as api

from services.gateway.tests.builders import AT, Json, Route, stamp

SERVICE = "/kith.identity.v1.ProfileService"
SHOWN = pb.Profile(
    member_id="a1",
    handle="ada",
    avatar=7,
    languages=["en"],
    offers=["a walk"],
    stage="early",
    badges=[pb.Badge(kind=pb.BADGE_KIND_MENTOR_TRAINING, valid_until_time=stamp())],
)
SHOWN_JSON: Json = {
    "memberId": "a1", "handle": "ada", "avatar": 7, "pronouns": "", "languages": ["en"],
    "timeZone": "", "livesWith": [], "stage": "early", "offers": ["a walk"], "needs": [],
    "interests": [], "badges": [{"kind": "mentor_training", "validUntilTime": AT}],
}  # fmt: skip
FIELDS = {
    "pronouns": "pronouns", "languages": "languages", "time_zone": "timeZone",
    "lives_with": "livesWith", "stage": "stage", "offers": "offers", "needs": "needs",
    "interests": "interests",
}  # fmt: skip
OWN = pb.Profile(
    version=3, update_time=stamp(),
    visibility=pb.ProfileVisibility(**dict.fromkeys(FIELDS, pb.VISIBILITY_CIRCLES)),
)  # fmt: skip
OWN.MergeFrom(SHOWN)
OWN_JSON: Json = SHOWN_JSON | {
    "version": 3, "updateTime": AT, "visibility": dict.fromkeys(FIELDS.values(), "circles"),
}  # fmt: skip
PROFILES = [
    Route(
        "GET", "/v1/accounts/me/profile", f"{SERVICE}/GetProfile", api.GetProfileRequest(),
        api.GetProfileResponse(profile=OWN), OWN_JSON,
    ),
    Route(
        "PATCH", "/v1/accounts/me/profile", f"{SERVICE}/UpdateProfile",
        api.UpdateProfileRequest(
            profile=pb.Profile(
                avatar=0, needs=["tea"], visibility=pb.ProfileVisibility(
                    needs=pb.VISIBILITY_NETWORK, time_zone=pb.VISIBILITY_ONLY_ME,
                ),
            ),
            update_mask=FieldMask(
                paths=["avatar", "stage", "needs", "visibility.time_zone", "visibility.needs"]
            ),
            version=2,
        ),
        api.UpdateProfileResponse(profile=OWN), OWN_JSON,
        body={
            "version": 2, "avatar": 0, "needs": ["tea"], "stage": "",
            "visibility": {"needs": "network", "timeZone": "only_me"},
        },
    ),
    Route(
        "GET", "/v1/accounts/a1/profile", f"{SERVICE}/GetProfile",
        api.GetProfileRequest(member_id="a1"), api.GetProfileResponse(profile=SHOWN), SHOWN_JSON,
    ),
    Route(
        "GET", "/v1/accounts/a1/profile/inspection", f"{SERVICE}/InspectProfile",
        api.InspectProfileRequest(member_id="a1"), api.InspectProfileResponse(profile=SHOWN),
        SHOWN_JSON,
    ),
    Route(
        "POST", "/v1/handle-suggestions", f"{SERVICE}/SuggestHandles",
        api.SuggestHandlesRequest(invite_code="secret"),
        api.SuggestHandlesResponse(handles=["quiet-otter"]), {"handles": ["quiet-otter"]},
        body={"inviteCode": "secret"}, status=201, public=True,
    ),
]  # fmt: skip
