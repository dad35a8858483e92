"""Reports to moderators of what was written in private."""

from __future__ import annotations

from typing import Literal

from common.errors import Invalid
from kith.messaging.v1 import report_service_pb2 as api
from litestar import post
from litestar.params import JSONBody
from msgspec import UNSET, UnsetType

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import Input, Names, Output, PathId, Time, time
from gateway.entrypoints.http.reading import TAGS
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import Note2000, Uuid

ReasonName = Literal[
    "harassment", "hate", "sexual", "danger", "health_advice", "scam", "other"
]  # fmt: skip
REASONS: Names[ReasonName] = Names(api.ReportReason.DESCRIPTOR)


class CreateReport(Input):
    """What is reported: a message of another, or without one the conversation."""

    reason: ReasonName
    message_id: Uuid | UnsetType = UNSET
    text: Note2000 = ""


class Report(Output):
    """A report; who is reported is not told."""

    id: str
    create_time: Time


@post(
    "/v1/conversations/{conversation_id:str}/reports", dto=Json[CreateReport], tags=TAGS,
    summary="Report a message or a conversation; the same again gives the report there is",
)  # fmt: skip
async def create_report(
    request: KithRequest, conversation_id: PathId, data: JSONBody[CreateReport]
) -> Report:
    if data.message_id == "":
        raise Invalid("messageId must be an id, or left out", field="messageId")
    reply = await request.ask(
        request.services.reports.CreateReport,
        api.CreateReportRequest(
            conversation_id=conversation_id, reason=REASONS.number(data.reason), text=data.text,
            message_id="" if data.message_id is UNSET else data.message_id,
        ),
    )  # fmt: skip
    return Report(id=reply.id, create_time=time(reply.create_time))
