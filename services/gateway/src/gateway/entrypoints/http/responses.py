"""The caller's own responses to instruments."""

from __future__ import annotations

from kith.outcomes.v1 import outcomes_pb2 as pb
from kith.outcomes.v1 import outcomes_service_pb2 as api
from litestar import get, post
from litestar.params import JSONBody
from msgspec import field

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import (
    Input,
    Int32,
    Output,
    PageSize,
    PageToken,
    RequestId,
    Time,
    fresh_id,
    time,
)
from gateway.entrypoints.http.instruments import TAGS
from gateway.entrypoints.http.request import KithRequest


class CreateResponse(Input):
    """Answers by item id, to all items."""

    instrument_id: str
    answers: dict[str, Int32]
    request_id: RequestId = field(default_factory=fresh_id)


class ScoredResponse(Output):
    """One member's answers at one time, and what they come to."""

    id: str
    instrument_id: str
    answers: dict[str, int]
    score: int
    scoring_version: str
    create_time: Time
    consent_version: int


class ResponsePage(Output):
    """The caller's own responses, newest first."""

    responses: list[ScoredResponse]
    next_page_token: str


def response_of(response: pb.Response) -> ScoredResponse:
    return ScoredResponse(
        id=response.id, instrument_id=response.instrument_id, answers=dict(response.answers),
        score=response.score, scoring_version=response.scoring_version,
        create_time=time(response.create_time), consent_version=response.consent_version,
    )  # fmt: skip


@post(
    "/v1/responses", dto=Json[CreateResponse], summary="Answer an instrument and get it scored",
    tags=TAGS,
)  # fmt: skip
async def create_response(request: KithRequest, data: JSONBody[CreateResponse]) -> ScoredResponse:
    reply = await request.ask(
        request.services.responses.CreateResponse,
        api.CreateResponseRequest(
            instrument_id=data.instrument_id, answers=data.answers, request_id=data.request_id
        ),
    )
    return response_of(reply.response)


@get("/v1/responses", summary="The caller's own responses", tags=TAGS)
async def list_responses(
    request: KithRequest, page_size: PageSize = 0, page_token: PageToken = ""
) -> ResponsePage:
    reply = await request.ask(
        request.services.responses.ListResponses,
        api.ListResponsesRequest(page_size=page_size, page_token=page_token),
    )
    return ResponsePage(
        responses=[response_of(one) for one in reply.responses],
        next_page_token=reply.next_page_token,
    )
