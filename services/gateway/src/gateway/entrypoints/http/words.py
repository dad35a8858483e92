"""What can be done with messages that were sent."""

from __future__ import annotations

from kith.messaging.v1 import words_service_pb2 as api
from litestar import delete, patch, post, put
from litestar.params import FromPath, JSONBody

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.conditions import tagged, versions_of
from gateway.entrypoints.http.fields import Input, Output, PageSize50, PageToken, PathId
from gateway.entrypoints.http.messages import REACTIONS, Message, ReactionName, message_of
from gateway.entrypoints.http.reading import TAGS
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import Text100, Text4000

MESSAGE = "/v1/conversations/{conversation_id:str}/messages/{message_id:str}"


class EditMessage(Input):
    """Other words for a message."""

    text: Text4000


class SearchMessages(Input):
    """What to look for: in the body, so that it stands in no log of addresses."""

    query: Text100


class FoundPage(Output):
    """What was found, the conversation opened last first; a page may be empty and have a next."""

    messages: list[Message]
    next_page_token: str


@patch(
    MESSAGE, dto=Json[EditMessage], tags=TAGS, after_request=tagged,
    summary="Give one's own message other words, within 24 hours",
)  # fmt: skip
async def edit_message(
    request: KithRequest, conversation_id: PathId, message_id: PathId, data: JSONBody[EditMessage]
) -> Message:
    reply = await request.ask(
        request.services.words.EditMessage,
        api.EditMessageRequest(
            conversation_id=conversation_id, message_id=message_id, text=data.text,
            versions=versions_of(request.headers.get("if-match")),
        ),
    )  # fmt: skip
    return message_of(reply.message)


@delete(
    MESSAGE, status_code=200, tags=TAGS, after_request=tagged,
    summary="Take the words out of one's own message, for everybody",
)  # fmt: skip
async def delete_message(
    request: KithRequest, conversation_id: PathId, message_id: PathId
) -> Message:
    reply = await request.ask(
        request.services.words.DeleteMessage,
        api.DeleteMessageRequest(
            conversation_id=conversation_id, message_id=message_id,
            versions=versions_of(request.headers.get("if-match")),
        ),
    )  # fmt: skip
    return message_of(reply.message)


@put(f"{MESSAGE}/reactions/{{reaction:str}}", summary="React to a message", tags=TAGS)
async def add_reaction(
    request: KithRequest, conversation_id: PathId, message_id: PathId,
    reaction: FromPath[ReactionName],
) -> Message:  # fmt: skip
    reply = await request.ask(
        request.services.words.AddReaction,
        api.AddReactionRequest(
            conversation_id=conversation_id, message_id=message_id, kind=REACTIONS.number(reaction)
        ),
    )
    return message_of(reply.message)


@delete(
    f"{MESSAGE}/reactions/{{reaction:str}}", status_code=200, summary="Take a reaction back",
    tags=TAGS,
)  # fmt: skip
async def remove_reaction(
    request: KithRequest, conversation_id: PathId, message_id: PathId,
    reaction: FromPath[ReactionName],
) -> Message:  # fmt: skip
    reply = await request.ask(
        request.services.words.RemoveReaction,
        api.RemoveReactionRequest(
            conversation_id=conversation_id, message_id=message_id, kind=REACTIONS.number(reaction)
        ),
    )
    return message_of(reply.message)


@post(
    "/v1/message-search", dto=Json[SearchMessages], status_code=200,
    summary="Find messages in one's own conversations by what they say now", tags=TAGS,
)  # fmt: skip
async def search_messages(
    request: KithRequest, data: JSONBody[SearchMessages], page_size: PageSize50 = 0,
    page_token: PageToken = "",
) -> FoundPage:  # fmt: skip
    reply = await request.ask(
        request.services.words.SearchMessages,
        api.SearchMessagesRequest(query=data.query, page_size=page_size, page_token=page_token),
    )
    return FoundPage(
        messages=[message_of(one) for one in reply.messages],
        next_page_token=reply.next_page_token,
    )
