"""Conversations."""

from __future__ import annotations

from typing import Annotated, Literal

from kith.messaging.v1 import messaging_pb2 as pb
from kith.messaging.v1 import messaging_service_pb2 as api
from litestar import get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET, UnsetType

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import (
    Input,
    Names,
    Output,
    PageSize,
    PageToken,
    PathId,
    Time,
    time,
    time_if_set,
)
from gateway.entrypoints.http.reading import TAGS, Reading, reading_of
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import Uuid

PresenceName = Literal["here", "today", "week"]
PRESENCES: Names[PresenceName] = Names(pb.Presence.DESCRIPTOR)
StateName = Literal["open", "requested", "received", "declined"]
STATES: Names[StateName] = Names(pb.ConversationState.DESCRIPTOR)
KindName = Literal["pair", "group", "room"]
KINDS: Names[KindName] = Names(pb.ConversationKind.DESCRIPTOR)
InState = Annotated[
    Literal["open", "received"],
    QueryParameter(name="state", description="`open`: her talks; `received`: requests of others."),
]


class CreateConversation(Input):
    """With whom to talk."""

    member_id: Uuid


class Conversation(Output):
    """A private talk among a few members.

    `requested`: the caller asked; she can write three messages until the other accepts, and is told
    nothing else. `received`: the other asked; `declined`: the caller said no. `muted`, until a time
    or for ever, is shown to the caller alone. `available`: whether the other says that she answers
    now, and from when if not; messages arrive in any case. `presence`: when the other was last
    here, if both show it (`PUT /v1/presence`): some minutes ago, within a day, within a week.

    A `pair` is of two members, a `group` of a few who were invited and agreed, a `room` of all of a
    circle. Of a group `title` says what it is called, `hostIds` who looks after it, `invitedIds`,
    told to hosts alone, who did not agree so far, and `inviterId`, told to who is invited, by whom;
    of a room `circleId` whose it is. What was said before `firstSequence` is not the caller's: she
    came then.
    """

    id: str
    member_ids: list[str]
    last_sequence: int
    create_time: Time
    state: StateName
    muted: bool
    available: bool
    reading: Reading
    presence: PresenceName | UnsetType = UNSET
    available_from_time: Time | UnsetType = UNSET
    muted_until_time: Time | UnsetType = UNSET
    kind: KindName = "pair"
    first_sequence: int | UnsetType = UNSET
    title: str | UnsetType = UNSET
    host_ids: list[str] | UnsetType = UNSET
    invited_ids: list[str] | UnsetType = UNSET
    inviter_id: str | UnsetType = UNSET
    circle_id: str | UnsetType = UNSET


class ConversationPage(Output):
    """The caller's conversations, newest first; a page may be shorter than asked for."""

    conversations: list[Conversation]
    next_page_token: str


def conversation_of(conversation: pb.Conversation) -> Conversation:
    return Conversation(
        id=conversation.id, member_ids=list(conversation.member_ids),
        last_sequence=conversation.last_sequence, create_time=time(conversation.create_time),
        state=STATES.text(conversation.state), muted=conversation.muted,
        muted_until_time=time_if_set(conversation, "muted_until_time"),
        available=conversation.available,
        presence=PRESENCES.text(conversation.presence) if conversation.presence else UNSET,
        available_from_time=time_if_set(conversation, "available_from_time"),
        reading=reading_of(conversation.reading),
        kind=KINDS.text(conversation.kind or pb.CONVERSATION_KIND_PAIR),
        first_sequence=conversation.first_sequence or UNSET,
        title=conversation.title or UNSET,
        host_ids=list(conversation.host_ids) or UNSET,
        invited_ids=list(conversation.invited_ids) or UNSET,
        inviter_id=conversation.inviter_id or UNSET,
        circle_id=conversation.circle_id or UNSET,
    )  # fmt: skip


@post(
    "/v1/conversations", dto=Json[CreateConversation],
    summary="Open the conversation with another member", tags=TAGS,
)  # fmt: skip
async def create_conversation(
    request: KithRequest, data: JSONBody[CreateConversation]
) -> Conversation:
    reply = await request.ask(
        request.services.conversations.CreateConversation,
        api.CreateConversationRequest(member_id=data.member_id),
    )
    return conversation_of(reply.conversation)


@get("/v1/conversations", summary="The caller's conversations, or requests of others", tags=TAGS)
async def list_conversations(
    request: KithRequest, in_state: InState = "open", page_size: PageSize = 0,
    page_token: PageToken = "",
) -> ConversationPage:  # fmt: skip
    reply = await request.ask(
        request.services.conversations.ListConversations,
        api.ListConversationsRequest(
            state=STATES.number(in_state), page_size=page_size, page_token=page_token
        ),
    )
    return ConversationPage(
        conversations=[conversation_of(conversation) for conversation in reply.conversations],
        next_page_token=reply.next_page_token,
    )


@get("/v1/conversations/{conversation_id:str}", summary="One conversation", tags=TAGS)
async def get_conversation(request: KithRequest, conversation_id: PathId) -> Conversation:
    reply = await request.ask(
        request.services.conversations.GetConversation,
        api.GetConversationRequest(conversation_id=conversation_id),
    )
    return conversation_of(reply.conversation)
