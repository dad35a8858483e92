"""Between the words of the contracts and those of the domain."""

from __future__ import annotations

from uuid import UUID

from common.clock import epoch_millis
from common.errors import Invalid
from common.ids import parse_id
from google.protobuf.timestamp_pb2 import Timestamp
from kith.outcomes.v1 import outcomes_pb2 as pb

from outcomes.domain.instrument import Instrument, Item
from outcomes.domain.response import Response


def page_of(asked: int, token: str, *, default: int, most: int) -> tuple[int, UUID | None]:
    """How many items are on a page, and before which id. Raises Invalid."""
    if not 0 <= asked <= most:
        raise Invalid(f"page_size must be 1 to {most}, or 0 for {default}", field="page_size")
    return asked or default, parse_id(token, "page_token") if token else None


def instrument(instrument: Instrument) -> pb.Instrument:
    """An instrument as it is told."""
    return pb.Instrument(
        id=instrument.id, display_name=instrument.display_name,
        items=map(_item, instrument.items), scoring_version=instrument.scoring_version,
        attribution=f"{instrument.source} {instrument.terms}",
    )  # fmt: skip


def response(response: Response) -> pb.Response:
    """A response as it is told."""
    seconds, millis = divmod(epoch_millis(response.created_at), 1000)
    return pb.Response(
        id=str(response.id), instrument_id=response.instrument_id, answers=response.answers,
        score=response.score, scoring_version=response.scoring_version,
        create_time=Timestamp(seconds=seconds, nanos=millis * 1_000_000),
        consent_version=response.consent_version,
    )  # fmt: skip


def _item(item: Item) -> pb.Item:
    return pb.Item(id=item.id, text=item.text, min=item.least, max=item.most, labels=item.labels)
