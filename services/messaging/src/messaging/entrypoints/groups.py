"""The gRPC service of groups and rooms: translate, one call, translate back."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from common import auth
from common.auth import Access
from common.clock import Clock
from common.errors import Invalid
from common.grpc_server import Context
from common.ids import parse_id
from kith.messaging.v1 import group_service_pb2 as api
from kith.messaging.v1 import group_service_pb2_grpc as grpc_api
from kith.messaging.v1 import messaging_pb2 as pb

from messaging.adapters.mongo import Networks
from messaging.application import host_group
from messaging.application.create_group import NewGroup, create_group
from messaging.application.noting import Writing
from messaging.application.rooms import create_room
from messaging.domain.conversation import Conversation
from messaging.domain.roster import MOST_IN_GROUP
from messaging.entrypoints.conversations_told import told_one
from messaging.entrypoints.seats import Writes


class GroupService(grpc_api.GroupServiceServicer):
    """See protos/kith/messaging/v1/group_service.proto."""

    def __init__(self, networks: Networks, clock: Clock, writes: Writes) -> None:
        self._networks = networks
        self._clock = clock
        self._writes = writes

    async def CreateGroup(
        self, request: api.CreateGroupRequest, context: Context
    ) -> api.CreateGroupResponse:
        access, writing = self._caller()
        asked = NewGroup(
            request.client_group_id, request.title, tuple(_members(request.member_ids, least=0))
        )
        made = await create_group(
            writing, opener=access.caller.subject, asked=asked, at=self._clock.now()
        )
        return api.CreateGroupResponse(conversation=await self._shown(writing, access, made))

    async def RenameGroup(
        self, request: api.RenameGroupRequest, context: Context
    ) -> api.RenameGroupResponse:
        access, writing = self._caller()
        id = parse_id(request.conversation_id, "conversation_id")
        now = self._clock.now()
        group = await host_group.rename_group(writing, access, id, request.title, now)
        return api.RenameGroupResponse(conversation=await self._shown(writing, access, group))

    async def InviteMembers(
        self, request: api.InviteMembersRequest, context: Context
    ) -> api.InviteMembersResponse:
        access, writing = self._caller()
        id, asked = (
            parse_id(request.conversation_id, "conversation_id"),
            _members(request.member_ids, least=1),
        )
        group = await host_group.invite_members(writing, access, id, asked, self._clock.now())
        return api.InviteMembersResponse(conversation=await self._shown(writing, access, group))

    async def RemoveMember(
        self, request: api.RemoveMemberRequest, context: Context
    ) -> api.RemoveMemberResponse:
        access, writing = self._caller()
        id, member_id = _both(request)
        now = self._clock.now()
        group = await host_group.remove_member(writing, access, id, member_id, now)
        return api.RemoveMemberResponse(conversation=await self._shown(writing, access, group))

    async def AddHost(self, request: api.AddHostRequest, context: Context) -> api.AddHostResponse:
        access, writing = self._caller()
        id, member_id = _both(request)
        group = await host_group.add_host(writing, access, id, member_id, self._clock.now())
        return api.AddHostResponse(conversation=await self._shown(writing, access, group))

    async def CreateRoom(
        self, request: api.CreateRoomRequest, context: Context
    ) -> api.CreateRoomResponse:
        access, writing = self._caller()
        room = await create_room(
            writing, caller=access.caller.subject,
            circle_id=parse_id(request.circle_id, "circle_id"), at=self._clock.now(),
        )  # fmt: skip
        return api.CreateRoomResponse(conversation=await self._shown(writing, access, room))

    def _caller(self) -> tuple[Access, Writing]:
        access = auth.access()
        return access, self._writes(self._networks.of(access.caller.network_id))

    async def _shown(
        self, writing: Writing, access: Access, conversation: Conversation
    ) -> pb.Conversation:
        now = self._clock.now()
        return await told_one(writing.network, access.caller.subject, conversation, now)


def _both(request: api.RemoveMemberRequest | api.AddHostRequest) -> tuple[UUID, UUID]:
    return (
        parse_id(request.conversation_id, "conversation_id"),
        parse_id(request.member_id, "member_id"),
    )


def _members(asked: Sequence[str], *, least: int) -> list[UUID]:
    """Whom to invite. Raises Invalid."""
    if not least <= len(asked) < MOST_IN_GROUP:
        raise Invalid(
            f"member_ids must name {least} to {MOST_IN_GROUP - 1} members", field="member_ids"
        )
    return [parse_id(one, "member_ids") for one in asked]
