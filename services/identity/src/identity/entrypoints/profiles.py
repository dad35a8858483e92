"""Profiles over gRPC."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from common import auth
from common.clock import Clock
from common.errors import Invalid
from common.grpc_server import Context
from common.ids import parse_id
from kith.identity.v1 import profile_pb2 as pb
from kith.identity.v1 import profile_service_pb2 as api
from kith.identity.v1 import profile_service_pb2_grpc as grpc_api

from identity.application.profiles import ProfileBook, Seen
from identity.application.throttle import Throttle
from identity.domain.profile import Change, Field, Profile, Visibility
from identity.entrypoints import translate
from identity.entrypoints.client_address import client_address
from identity.entrypoints.roles import badges

_VISIBILITIES = {one: pb.Visibility.Value(f"VISIBILITY_{one.upper()}") for one in Visibility}
_VISIBILITY_OF = {number: one for one, number in _VISIBILITIES.items()}
_SINGLE = {Field.PRONOUNS, Field.TIME_ZONE, Field.STAGE}
_VISIBILITY = "visibility."


class ProfileService(grpc_api.ProfileServiceServicer):
    """See protos/kith/identity/v1/profile_service.proto."""

    def __init__(self, profiles: ProfileBook, clock: Clock, throttle: Throttle) -> None:
        self._profiles = profiles
        self._clock = clock
        self._throttle = throttle

    async def GetProfile(
        self, request: api.GetProfileRequest, context: Context
    ) -> api.GetProfileResponse:
        access = auth.access()
        whose: UUID = access.caller.subject
        if request.member_id:
            whose = parse_id(request.member_id, "member_id")
        return api.GetProfileResponse(profile=self._told(await self._profiles.get(access, whose)))

    async def InspectProfile(
        self, request: api.InspectProfileRequest, context: Context
    ) -> api.InspectProfileResponse:
        whose = parse_id(request.member_id, "member_id")
        seen = await self._profiles.inspect(auth.access(), whose)
        return api.InspectProfileResponse(profile=self._told(seen))

    async def UpdateProfile(
        self, request: api.UpdateProfileRequest, context: Context
    ) -> api.UpdateProfileResponse:
        change = _change(request.profile, set(request.update_mask.paths))
        seen = await self._profiles.update(auth.current(), change, request.version)
        return api.UpdateProfileResponse(profile=self._told(seen))

    async def SuggestHandles(
        self, request: api.SuggestHandlesRequest, context: Context
    ) -> api.SuggestHandlesResponse:
        code = request.invite_code
        handles = await self._throttle.attempt(
            self._throttle.of_invited(code, client_address(context)),
            lambda: self._profiles.suggest_handles(code),
        )
        return api.SuggestHandlesResponse(handles=handles)

    def _told(self, seen: Seen) -> pb.Profile:
        return _told(seen, badges(seen.account, self._clock.now()))


def _change(sent: pb.Profile, paths: set[str]) -> Change:
    """What the mask names of what was sent. Raises Invalid."""
    known = {"avatar", *Field, *(f"{_VISIBILITY}{name}" for name in Field)}
    if unknown := sorted(paths - known):
        raise Invalid(f"nothing called {unknown[0][:40]} can be changed", field="update_mask")
    return Change(
        avatar=sent.avatar if "avatar" in paths else None,
        entries={name: _entries(sent, name) for name in Field if name in paths},
        to={
            name: _visibility_of(getattr(sent.visibility, name), name)
            for name in Field
            if f"{_VISIBILITY}{name}" in paths
        },
    )


def _entries(sent: pb.Profile, name: Field) -> tuple[str, ...]:
    value = getattr(sent, name)
    if name in _SINGLE:
        return (value,) if value else ()
    return tuple(value)


def _visibility_of(number: pb.Visibility.ValueType, name: Field) -> Visibility:
    try:
        return _VISIBILITY_OF[number]
    except KeyError:
        raise Invalid("no such visibility", field=f"{_VISIBILITY}{name}") from None


def _told(seen: Seen, trained: list[pb.Badge]) -> pb.Profile:
    """As the wire has it; visibility and version are for its owner."""
    profile, account = seen.profile, seen.account
    told = pb.Profile(
        member_id=str(account.id),
        handle=account.handle,
        avatar=profile.avatar,
        badges=trained,
        **_values(profile),
    )
    if seen.own:
        told.version = profile.version
        told.visibility.CopyFrom(
            pb.ProfileVisibility(
                **{str(name): _VISIBILITIES[shown.to] for name, shown in profile.fields.items()}
            )
        )
        if profile.updated_at:
            told.update_time.CopyFrom(translate.timestamp(profile.updated_at))
    return told


def _values(profile: Profile) -> dict[str, Any]:
    return {
        str(name): "".join(shown.entries) if name in _SINGLE else shown.entries
        for name, shown in profile.fields.items()
    }
