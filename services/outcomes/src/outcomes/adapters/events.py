"""What the world is told of a response: its score, and no answer to any item."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from common.clock import epoch_millis
from common.outbox import Outgoing
from google.protobuf.timestamp_pb2 import Timestamp
from kith.activity.events.v1 import activity_events_pb2 as activity
from kith.outcomes.events.v1 import outcomes_events_pb2 as events

from outcomes.domain.instruments import CHECK_IN, UCLA_3
from outcomes.domain.response import Response

RESPONSE_TOPIC = "outcomes.response.v1"
ACTIVITY_TOPIC = "activity.member.v1"
_ONLY = 1  # a response never changes, so its events are the first of its history and the last
ACTIVITY_KINDS = {
    UCLA_3.id: activity.ACTIVITY_KIND_SURVEY_SCORE,
    CHECK_IN.id: activity.ACTIVITY_KIND_CHECK_IN,
}


def outgoing(network_id: UUID, response: Response) -> Iterator[Outgoing]:
    """The events of one response: the fact, and the member's activity."""
    seconds, millis = divmod(epoch_millis(response.created_at), 1000)
    at = Timestamp(seconds=seconds, nanos=millis * 1_000_000)
    scored = events.ResponseScored(
        network_id=str(network_id), response_id=str(response.id),
        member_id=str(response.member_id), instrument_id=response.instrument_id,
        score=response.score, scoring_version=response.scoring_version, create_time=at,
        consent_version=response.consent_version,
    )  # fmt: skip
    did = activity.ActivityRecorded(
        network_id=str(network_id), member_id=str(response.member_id),
        kind=ACTIVITY_KINDS[response.instrument_id], occur_time=at, subject_id=str(response.id),
        value=response.score,
    )  # fmt: skip
    yield Outgoing(scored, RESPONSE_TOPIC, response.id, _ONLY)
    yield Outgoing(did, ACTIVITY_TOPIC, response.member_id, _ONLY)
