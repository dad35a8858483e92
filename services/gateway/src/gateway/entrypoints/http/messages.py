"""Messages of a conversation."""

from __future__ import annotations

from typing import Annotated, Literal

from kith.messaging.v1 import messaging_pb2 as pb
from kith.messaging.v1 import messaging_service_pb2 as api
from litestar import get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import (
    INT64_MAX,
    Input,
    Names,
    Output,
    PageSize200,
    PathId,
    Time,
    time_if_set,
)
from gateway.entrypoints.http.links import Link, links_in
from gateway.entrypoints.http.reading import TAGS
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import ClientId, Text4000

After = Annotated[
    int,
    QueryParameter(
        name="afterSequence", ge=0, le=INT64_MAX, description="Only later ones, oldest first."
    ),
]
Before = Annotated[
    int,
    QueryParameter(
        name="beforeSequence", ge=0, le=INT64_MAX, description="Only earlier ones, newest first."
    ),
]

OldestFirst = Annotated[
    bool,
    QueryParameter(
        name="oldestFirst", description="From the oldest on, also when afterSequence is 0."
    ),
]

ReplyTo = Annotated[
    int,
    Meta(
        ge=0, le=INT64_MAX,
        description="Number of the message that it answers, of the same conversation; 0: none.",
    ),
]  # fmt: skip

ReactionName = Literal["heart", "hug", "thanks", "strength", "same"]
REACTIONS: Names[ReactionName] = Names(pb.ReactionKind.DESCRIPTOR)

NoticeName = Literal["opened", "joined", "left", "removed", "renamed", "hosted"]
NOTICES: Names[NoticeName] = Names(pb.NoticeKind.DESCRIPTOR)


class SendMessage(Input):
    """A message to send; the same client message id again gives the same message."""

    client_message_id: ClientId
    text: Text4000
    reply_to_sequence: ReplyTo = 0


class Reaction(Output):
    """Who said what without words."""

    member_id: str
    kind: ReactionName


class Notice(Output):
    """What happened to a group or a room, and to whom; `title`: what it is called from then on."""

    kind: NoticeName
    member_ids: list[str]
    title: str | UnsetType = UNSET


class Message(Output):
    """One message; sequence numbers count 1, 2, 3, … and are the same for every device.

    `withheld`: only its place is here, all else is empty; the caller blocked its sender then.
    `links`: the first five things of Kith its text points to, as `kith:posts/` or `kith:resources/`
    and an id; what they are about is told by `GET /v1/previews`.
    With a `notice` it is no message but what its sender did to a group: it has no words, cannot be
    answered or reacted to, and is not unread.
    """

    id: str
    conversation_id: str
    sequence: int
    sender_id: str
    client_message_id: str
    text: str
    imported: bool
    withheld: bool
    reply_to_sequence: ReplyTo
    version: int
    reactions: list[Reaction]
    links: list[Link]
    create_time: Time | UnsetType = UNSET
    edit_time: Time | UnsetType = UNSET
    delete_time: Time | UnsetType = UNSET
    notice: Notice | UnsetType = UNSET


class MessagePage(Output):
    """Messages in the order asked for; the newest page when no sequence number is given."""

    messages: list[Message]
    has_more: bool


def message_of(message: pb.Message) -> Message:
    return Message(
        id=message.id, conversation_id=message.conversation_id, sequence=message.sequence,
        sender_id=message.sender_id, client_message_id=message.client_message_id,
        text=message.text, create_time=time_if_set(message, "create_time"),
        imported=message.imported, withheld=message.withheld,
        reply_to_sequence=message.reply_to_sequence, version=message.version,
        edit_time=time_if_set(message, "edit_time"),
        delete_time=time_if_set(message, "delete_time"),
        reactions=[
            Reaction(member_id=one.member_id, kind=REACTIONS.text(one.kind))
            for one in message.reactions
        ],
        links=links_in(message.text),
        notice=notice_of(message.notice) if message.HasField("notice") else UNSET,
    )  # fmt: skip


def notice_of(notice: pb.Notice) -> Notice:
    return Notice(
        kind=NOTICES.text(notice.kind), member_ids=list(notice.member_ids),
        title=notice.title or UNSET,
    )  # fmt: skip


@post(
    "/v1/conversations/{conversation_id:str}/messages", dto=Json[SendMessage],
    summary="Send a message", tags=TAGS,
)  # fmt: skip
async def send_message(
    request: KithRequest, conversation_id: PathId, data: JSONBody[SendMessage]
) -> Message:
    reply = await request.ask(
        request.services.messages.SendMessage,
        api.SendMessageRequest(
            conversation_id=conversation_id, client_message_id=data.client_message_id,
            text=data.text, reply_to_sequence=data.reply_to_sequence,
        ),
    )  # fmt: skip
    return message_of(reply.message)


@get(
    "/v1/conversations/{conversation_id:str}/messages", summary="Messages by sequence number",
    tags=TAGS,
)  # fmt: skip
async def list_messages(
    request: KithRequest, conversation_id: PathId, after_sequence: After = 0,
    before_sequence: Before = 0, page_size: PageSize200 = 0, oldest_first: OldestFirst = False,
) -> MessagePage:  # fmt: skip
    reply = await request.ask(
        request.services.messages.ListMessages,
        api.ListMessagesRequest(
            conversation_id=conversation_id, after_sequence=after_sequence,
            before_sequence=before_sequence, page_size=page_size, oldest_first=oldest_first,
        ),
    )  # fmt: skip
    return MessagePage(
        messages=[message_of(message) for message in reply.messages], has_more=reply.has_more
    )
