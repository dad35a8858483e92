"""People and answers for outcomes' tests, valid unless a test says otherwise."""

from __future__ import annotations

from uuid import UUID

from common.auth import Caller
from common.ids import new_id
from common.testing.clock import FUTURE
from outcomes.domain.instrument import Instrument
from outcomes.domain.instruments import UCLA_3
from outcomes.domain.request import Request
from outcomes.domain.response import Response

NOW = FUTURE
NETWORK = UUID("01900000-0000-7000-8000-000000000001")
OTHER_NETWORK = UUID("01900000-0000-7000-8000-000000000002")
LONELY = {"companionship": 3, "left-out": 3, "isolated": 2}
WELL = {"week": 4}


def answers(instrument: Instrument, *values: int) -> dict[str, int]:
    """Answers in the order of the items."""
    return {item.id: value for item, value in zip(instrument.items, values, strict=True)}


def a_response(
    instrument: Instrument = UCLA_3, *values: int, member_id: UUID | None = None
) -> Response:
    given = answers(instrument, *(values or (item.most for item in instrument.items)))
    return Response.to(instrument, given, id=new_id(), member_id=member_id or new_id(), at=NOW)


def a_request(response: Response, id: str = "r-1") -> Request:
    """The request that made a response."""
    return Request(response.member_id, id)


def a_caller(id: UUID | None = None, network_id: UUID = NETWORK) -> Caller:
    return Caller(id or new_id(), network_id, frozenset({"member"}), "", 0.0)
