"""Asking for groups and rooms, as a client does."""

from __future__ import annotations

from uuid import UUID

import grpc
from common.grpc_client import call
from common.ids import new_id
from kith.messaging.v1 import group_service_pb2 as api
from kith.messaging.v1 import group_service_pb2_grpc as groups_grpc
from kith.messaging.v1 import messaging_pb2 as pb

from services.messaging.tests.asking import PATIENCE


class GroupsClient:
    """What can be done with groups, with the token of who does it."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.stub = groups_grpc.GroupServiceStub(channel)

    async def create(
        self, token: str, *member_ids: UUID, title: str = "Evening round", client_id: str = ""
    ) -> pb.Conversation:
        request = api.CreateGroupRequest(
            client_group_id=client_id or str(new_id()), title=title,
            member_ids=[str(id) for id in member_ids],
        )  # fmt: skip
        reply = await call(self.stub.CreateGroup, request, token=token, seconds=PATIENCE)
        return reply.conversation

    async def rename(self, token: str, id: str, title: str) -> pb.Conversation:
        request = api.RenameGroupRequest(conversation_id=id, title=title)
        reply = await call(self.stub.RenameGroup, request, token=token, seconds=PATIENCE)
        return reply.conversation

    async def invite(self, token: str, id: str, *member_ids: UUID) -> pb.Conversation:
        request = api.InviteMembersRequest(
            conversation_id=id, member_ids=[str(one) for one in member_ids]
        )
        reply = await call(self.stub.InviteMembers, request, token=token, seconds=PATIENCE)
        return reply.conversation

    async def remove(self, token: str, id: str, member_id: UUID) -> pb.Conversation:
        request = api.RemoveMemberRequest(conversation_id=id, member_id=str(member_id))
        reply = await call(self.stub.RemoveMember, request, token=token, seconds=PATIENCE)
        return reply.conversation

    async def add_host(self, token: str, id: str, member_id: UUID) -> pb.Conversation:
        request = api.AddHostRequest(conversation_id=id, member_id=str(member_id))
        reply = await call(self.stub.AddHost, request, token=token, seconds=PATIENCE)
        return reply.conversation

    async def room(self, token: str, circle_id: UUID) -> pb.Conversation:
        request = api.CreateRoomRequest(circle_id=str(circle_id))
        reply = await call(self.stub.CreateRoom, request, token=token, seconds=PATIENCE)
        return reply.conversation
