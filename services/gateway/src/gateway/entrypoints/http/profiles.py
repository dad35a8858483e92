"""What members tell each other about themselves."""

from __future__ import annotations

from typing import Annotated, Literal

from google.protobuf.field_mask_pb2 import FieldMask
from kith.identity.v1 import profile_pb2 as pb
from kith.identity.v1 import profile_service_pb2 as api
from litestar import get, patch, post
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import (
    Input,
    Int32,
    Names,
    Output,
    PathId,
    Time,
    time,
    time_if_set,
)
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import Entry60, Line60, told

VisibilityName = Literal["only_me", "connections", "circles", "network"]
VISIBILITIES: Names[VisibilityName] = Names(pb.Visibility.DESCRIPTOR)
BadgeName = Literal["mentor_training"]
BADGES: Names[BadgeName] = Names(pb.BadgeKind.DESCRIPTOR)
Avatar = Annotated[
    Int32, Meta(description="Shown at `/avatars/{avatar}`."), told(minimum=0, maximum=47)
]
Version = Annotated[int, Meta(ge=0, le=2**31 - 1, description="That was read; 0 before the first.")]
Language = Annotated[
    str, Meta(description="BCP 47."), told(pattern="^[A-Za-z]{2,3}(-[A-Za-z]{2})?$")
]
Languages = Annotated[list[Language], told(maxItems=10)]
Entries = Annotated[list[Entry60], told(maxItems=10)]
Interests = Annotated[list[Entry60], told(maxItems=20)]
TAGS = ["profiles"]
_FIELDS = (
    "pronouns", "languages", "time_zone", "lives_with", "stage", "offers", "needs", "interests",
)  # fmt: skip


class ProfileVisibility(Output):
    """Who is shown each field, besides herself."""

    pronouns: VisibilityName
    languages: VisibilityName
    time_zone: VisibilityName
    lives_with: VisibilityName
    stage: VisibilityName
    offers: VisibilityName
    needs: VisibilityName
    interests: VisibilityName


class Badge(Output):
    """A training that counts until it ends."""

    kind: BadgeName
    valid_until_time: Time


class Profile(Output):
    """What a member says about herself; to others only what she shows them, the rest is empty.

    `visibility`, `version` and `updateTime` are told to herself alone.
    """

    member_id: str
    handle: str
    avatar: Avatar
    pronouns: str
    languages: list[str]
    time_zone: str
    lives_with: list[str]
    stage: str
    offers: list[str]
    needs: list[str]
    interests: list[str]
    badges: list[Badge]
    visibility: ProfileVisibility | UnsetType = UNSET
    version: int | UnsetType = UNSET
    update_time: Time | UnsetType = UNSET


class UpdateVisibility(Input):
    """Who is to be shown a field; what is left out stays."""

    pronouns: VisibilityName | UnsetType = UNSET
    languages: VisibilityName | UnsetType = UNSET
    time_zone: VisibilityName | UnsetType = UNSET
    lives_with: VisibilityName | UnsetType = UNSET
    stage: VisibilityName | UnsetType = UNSET
    offers: VisibilityName | UnsetType = UNSET
    needs: VisibilityName | UnsetType = UNSET
    interests: VisibilityName | UnsetType = UNSET


class UpdateProfile(Input):
    """What is to be different; what is left out stays, and an empty text or list says nothing."""

    version: Version
    avatar: Avatar | UnsetType = UNSET
    pronouns: Line60 | UnsetType = UNSET
    languages: Languages | UnsetType = UNSET
    time_zone: str | UnsetType = UNSET
    lives_with: Entries | UnsetType = UNSET
    stage: Line60 | UnsetType = UNSET
    offers: Entries | UnsetType = UNSET
    needs: Entries | UnsetType = UNSET
    interests: Interests | UnsetType = UNSET
    visibility: UpdateVisibility | UnsetType = UNSET


class SuggestHandles(Input):
    """The invite that somebody wants to join with."""

    invite_code: str


class Handles(Output):
    """Free when they were looked up; nobody keeps them free."""

    handles: list[str]


def badge_of(badge: pb.Badge) -> Badge:
    return Badge(kind=BADGES.text(badge.kind), valid_until_time=time(badge.valid_until_time))


def profile_of(profile: pb.Profile) -> Profile:
    own = profile.HasField("visibility")
    return Profile(
        member_id=profile.member_id, handle=profile.handle, avatar=profile.avatar,
        pronouns=profile.pronouns, languages=list(profile.languages), time_zone=profile.time_zone,
        lives_with=list(profile.lives_with), stage=profile.stage, offers=list(profile.offers),
        needs=list(profile.needs), interests=list(profile.interests),
        badges=[badge_of(one) for one in profile.badges],
        visibility=_visibility(profile.visibility) if own else UNSET,
        version=profile.version if own else UNSET,
        update_time=time_if_set(profile, "update_time"),
    )  # fmt: skip


def _visibility(shown: pb.ProfileVisibility) -> ProfileVisibility:
    return ProfileVisibility(**{name: VISIBILITIES.text(getattr(shown, name)) for name in _FIELDS})


def update_of(data: UpdateProfile) -> api.UpdateProfileRequest:
    """What was sent, and the mask that says which of it was (AIP-134)."""
    values = {
        name: value for name in ("avatar", *_FIELDS) if (value := getattr(data, name)) is not UNSET
    }
    shown = {}
    if data.visibility is not UNSET:
        for name in _FIELDS:
            if (to := getattr(data.visibility, name)) is not UNSET:
                shown[name] = VISIBILITIES.number(to)
    return api.UpdateProfileRequest(
        profile=pb.Profile(**values, visibility=pb.ProfileVisibility(**shown)),
        update_mask=FieldMask(paths=[*values, *(f"visibility.{name}" for name in shown)]),
        version=data.version,
    )


@get("/v1/accounts/me/profile", summary="The caller's own profile", tags=TAGS)
async def get_own_profile(request: KithRequest) -> Profile:
    reply = await request.ask(request.services.profiles.GetProfile, api.GetProfileRequest())
    return profile_of(reply.profile)


@patch(
    "/v1/accounts/me/profile", dto=Json[UpdateProfile], summary="Change one's own profile",
    tags=TAGS,
)  # fmt: skip
async def update_profile(request: KithRequest, data: JSONBody[UpdateProfile]) -> Profile:
    reply = await request.ask(request.services.profiles.UpdateProfile, update_of(data))
    return profile_of(reply.profile)


@get("/v1/accounts/{member_id:str}/profile", summary="What a member shows the caller", tags=TAGS)
async def get_profile(request: KithRequest, member_id: PathId) -> Profile:
    reply = await request.ask(
        request.services.profiles.GetProfile, api.GetProfileRequest(member_id=member_id)
    )
    return profile_of(reply.profile)


@get(
    "/v1/accounts/{member_id:str}/profile/inspection",
    summary="All a member shows anybody (network admin); she sees who looked", tags=TAGS,
)  # fmt: skip
async def inspect_profile(request: KithRequest, member_id: PathId) -> Profile:
    reply = await request.ask(
        request.services.profiles.InspectProfile, api.InspectProfileRequest(member_id=member_id)
    )
    return profile_of(reply.profile)


@post(
    "/v1/handle-suggestions", dto=Json[SuggestHandles],
    summary="Handles that are free where an invite leads", tags=TAGS,
)  # fmt: skip
async def suggest_handles(request: KithRequest, data: JSONBody[SuggestHandles]) -> Handles:
    reply = await request.ask(
        request.services.profiles.SuggestHandles,
        api.SuggestHandlesRequest(invite_code=data.invite_code),
        address=request.client_address,
    )
    return Handles(handles=list(reply.handles))
