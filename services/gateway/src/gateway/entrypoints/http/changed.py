"""What was changed while a device was away."""

from __future__ import annotations

from typing import Annotated

from kith.messaging.v1 import words_service_pb2 as api
from litestar import get
from litestar.params import QueryParameter

from gateway.entrypoints.http.fields import Output, timestamp_of
from gateway.entrypoints.http.messages import Message, message_of
from gateway.entrypoints.http.reading import TAGS
from gateway.entrypoints.http.request import KithRequest

SinceTime = Annotated[
    str,
    QueryParameter(
        name="sinceTime",
        description="RFC 3339, at most 30 days ago: when the device last knew everything, as the"
        " `Date` of the answer before. A clock wrong by less than five minutes is no harm.",
    ),
]


class ChangedMessages(Output):
    """Messages that were edited, deleted or reacted to, as they are now; some the device may know.

    In the conversations of `conversationIds` more was changed than is told here: read their pages
    anew.
    """

    messages: list[Message]
    conversation_ids: list[str]


@get(
    "/v1/changed-messages", tags=TAGS,
    summary="Messages that were changed while a device was away",
)  # fmt: skip
async def list_changed_messages(request: KithRequest, since_time: SinceTime) -> ChangedMessages:
    reply = await request.ask(
        request.services.words.ListChangedMessages,
        api.ListChangedMessagesRequest(since_time=timestamp_of(since_time, "sinceTime")),
    )
    return ChangedMessages(
        messages=[message_of(message) for message in reply.messages],
        conversation_ids=list(reply.conversation_ids),
    )  # fmt: skip
