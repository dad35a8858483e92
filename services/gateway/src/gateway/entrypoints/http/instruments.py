"""Instruments that can be answered."""

from __future__ import annotations

from kith.outcomes.v1 import outcomes_pb2 as pb
from kith.outcomes.v1 import outcomes_service_pb2 as api
from litestar import get

from gateway.entrypoints.http.fields import Output
from gateway.entrypoints.http.request import KithRequest

TAGS = ["outcomes"]


class Item(Output):
    """One question; `labels` name its answers from `min` to `max`."""

    id: str
    text: str
    min: int
    max: int
    labels: list[str]


class Instrument(Output):
    """A questionnaire with its scoring."""

    id: str
    display_name: str
    items: list[Item]
    scoring_version: str
    attribution: str


class Instruments(Output):
    """All that can be answered."""

    instruments: list[Instrument]


def instrument_of(instrument: pb.Instrument) -> Instrument:
    items = [
        Item(id=item.id, text=item.text, min=item.min, max=item.max, labels=list(item.labels))
        for item in instrument.items
    ]
    return Instrument(
        id=instrument.id, display_name=instrument.display_name, items=items,
        scoring_version=instrument.scoring_version, attribution=instrument.attribution,
    )  # fmt: skip


@get("/v1/instruments", summary="The instruments that can be answered", tags=TAGS)
async def list_instruments(request: KithRequest) -> Instruments:
    reply = await request.ask(
        request.services.responses.ListInstruments, api.ListInstrumentsRequest()
    )
    return Instruments(instruments=[instrument_of(one) for one in reply.instruments])
