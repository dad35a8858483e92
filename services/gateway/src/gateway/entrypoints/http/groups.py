"""Groups of a few members, and the rooms of circles.

They are conversations: reading, writing, accepting, declining, leaving and muting are the same as
with one other member.
"""

from __future__ import annotations

from typing import Annotated

from kith.messaging.v1 import group_service_pb2 as api
from litestar import delete, patch, post, put
from litestar.params import JSONBody
from msgspec import field

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.conversations import Conversation, conversation_of
from gateway.entrypoints.http.fields import Input, PathId
from gateway.entrypoints.http.reading import TAGS
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import ClientId, Title80, Uuid, told

MOST_INVITED = 19


class CreateGroup(Input):
    """A group to open; the same client group id again gives the same group."""

    client_group_id: ClientId
    title: Title80
    member_ids: Annotated[list[Uuid], told(maxItems=MOST_INVITED)] = field(default_factory=list)


class RenameGroup(Input):
    """What it is called from now on."""

    title: Title80


class InviteMembers(Input):
    """Whom to ask in; who is in it, or was asked, stays so."""

    member_ids: Annotated[list[Uuid], told(minItems=1, maxItems=MOST_INVITED)]


@post(
    "/v1/groups", dto=Json[CreateGroup], tags=TAGS,
    summary="Open a group, which the caller hosts, and ask members in",
)  # fmt: skip
async def create_group(request: KithRequest, data: JSONBody[CreateGroup]) -> Conversation:
    reply = await request.ask(
        request.services.groups.CreateGroup,
        api.CreateGroupRequest(
            client_group_id=data.client_group_id, title=data.title, member_ids=data.member_ids
        ),
    )
    return conversation_of(reply.conversation)


@patch(
    "/v1/groups/{group_id:str}", dto=Json[RenameGroup], tags=TAGS,
    summary="Call a group something else (its hosts)",
)  # fmt: skip
async def rename_group(
    request: KithRequest, group_id: PathId, data: JSONBody[RenameGroup]
) -> Conversation:
    reply = await request.ask(
        request.services.groups.RenameGroup,
        api.RenameGroupRequest(conversation_id=group_id, title=data.title),
    )
    return conversation_of(reply.conversation)


@post(
    "/v1/groups/{group_id:str}/invitations", dto=Json[InviteMembers], tags=TAGS,
    summary="Ask members into a group (its hosts)",
)  # fmt: skip
async def invite_members(
    request: KithRequest, group_id: PathId, data: JSONBody[InviteMembers]
) -> Conversation:
    reply = await request.ask(
        request.services.groups.InviteMembers,
        api.InviteMembersRequest(conversation_id=group_id, member_ids=data.member_ids),
    )
    return conversation_of(reply.conversation)


@delete(
    "/v1/groups/{group_id:str}/members/{member_id:str}", status_code=200, tags=TAGS,
    summary="Take a member out of a group, or an invitation back (its hosts)",
)  # fmt: skip
async def remove_member(request: KithRequest, group_id: PathId, member_id: PathId) -> Conversation:
    reply = await request.ask(
        request.services.groups.RemoveMember,
        api.RemoveMemberRequest(conversation_id=group_id, member_id=member_id),
    )
    return conversation_of(reply.conversation)


@put(
    "/v1/groups/{group_id:str}/hosts/{member_id:str}", tags=TAGS,
    summary="Make a member of a group a host, too (its hosts)",
)  # fmt: skip
async def add_host(request: KithRequest, group_id: PathId, member_id: PathId) -> Conversation:
    reply = await request.ask(
        request.services.groups.AddHost,
        api.AddHostRequest(conversation_id=group_id, member_id=member_id),
    )
    return conversation_of(reply.conversation)


@put(
    "/v1/circles/{circle_id:str}/room", tags=TAGS,
    summary="The room of a circle the caller is in; it is opened for who asks first",
)  # fmt: skip
async def create_room(request: KithRequest, circle_id: PathId) -> Conversation:
    reply = await request.ask(
        request.services.groups.CreateRoom, api.CreateRoomRequest(circle_id=circle_id)
    )
    return conversation_of(reply.conversation)
