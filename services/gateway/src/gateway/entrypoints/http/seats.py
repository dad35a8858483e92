"""The caller's own side of a conversation: agreeing, declining, muting, leaving."""

from __future__ import annotations

import msgspec
from kith.messaging.v1 import seat_service_pb2 as api
from litestar import delete, put
from litestar.params import JSONBody

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.conversations import Conversation, conversation_of
from gateway.entrypoints.http.fields import Input, PathId, TimeSent, timestamp
from gateway.entrypoints.http.reading import TAGS
from gateway.entrypoints.http.request import KithRequest


class Mute(Input):
    """Until when the caller's devices make no sound for it; for ever without a time."""

    until_time: TimeSent | msgspec.UnsetType = msgspec.UNSET


@put(
    "/v1/conversations/{conversation_id:str}/acceptance", tags=TAGS,
    summary="Agree to what the other asked, as writing does, or come into a group",
)  # fmt: skip
async def accept_conversation(request: KithRequest, conversation_id: PathId) -> Conversation:
    reply = await request.ask(
        request.services.seats.AcceptConversation,
        api.AcceptConversationRequest(conversation_id=conversation_id),
    )
    return conversation_of(reply.conversation)


@delete(
    "/v1/conversations/{conversation_id:str}/acceptance", tags=TAGS,
    summary="Decline what the other asked, or an invitation; nobody is told",
)  # fmt: skip
async def decline_conversation(request: KithRequest, conversation_id: PathId) -> None:
    await request.ask(
        request.services.seats.DeclineConversation,
        api.DeclineConversationRequest(conversation_id=conversation_id),
    )


@put(
    "/v1/conversations/{conversation_id:str}/mute", dto=Json[Mute], tags=TAGS,
    summary="Mute a conversation, until a time or for ever; nobody else is told",
)  # fmt: skip
async def mute_conversation(
    request: KithRequest, conversation_id: PathId, data: JSONBody[Mute]
) -> Conversation:
    until = data.until_time
    reply = await request.ask(
        request.services.seats.MuteConversation,
        api.MuteConversationRequest(
            conversation_id=conversation_id,
            until_time=None if until is msgspec.UNSET else timestamp(until, "untilTime"),
        ),
    )
    return conversation_of(reply.conversation)


@delete(
    "/v1/conversations/{conversation_id:str}/mute", tags=TAGS, status_code=200,
    summary="End the mute of a conversation",
)  # fmt: skip
async def unmute_conversation(request: KithRequest, conversation_id: PathId) -> Conversation:
    reply = await request.ask(
        request.services.seats.UnmuteConversation,
        api.UnmuteConversationRequest(conversation_id=conversation_id),
    )
    return conversation_of(reply.conversation)


@delete(
    "/v1/conversations/{conversation_id:str}/seat", tags=TAGS,
    summary="Leave a group; take others off the caller's list until somebody writes there",
)  # fmt: skip
async def leave_conversation(request: KithRequest, conversation_id: PathId) -> None:
    await request.ask(
        request.services.seats.LeaveConversation,
        api.LeaveConversationRequest(conversation_id=conversation_id),
    )
