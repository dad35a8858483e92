"""Record and score a member's own answers."""

from __future__ import annotations

from collections.abc import Mapping

from common.auth import Caller
from common.clock import Clock
from common.ids import new_id

from outcomes.application.ports import Responses
from outcomes.domain.errors import RequestIdReused
from outcomes.domain.instruments import instrument_of
from outcomes.domain.request import Request
from outcomes.domain.response import Response


async def create_response(
    responses: Responses, clock: Clock, caller: Caller, *, instrument_id: str,
    answers: Mapping[str, int], request_id: str,
) -> Response:  # fmt: skip
    """The new response, or the one this request made before, as it was scored then.

    Raises Invalid, InstrumentNotFound, AnswersInvalid, RequestIdReused.
    """
    request = Request(caller.subject, request_id)
    instrument = instrument_of(instrument_id)
    wanted = Response.to(
        instrument, answers, id=new_id(), member_id=caller.subject, at=clock.now(),
        consent_version=caller.terms,
    )  # fmt: skip
    response = await responses.add(wanted, request)
    if not response.says(wanted):
        raise RequestIdReused("this request_id made another response", field="request_id")
    return response
