"""The events messaging listens to for who is close to whom; what is not known yet is no tie."""

from __future__ import annotations

from common.clock import Clock, from_epoch_millis
from common.errors import Invalid
from common.ids import parse_id
from common.kafka_consumer import Handlers, Meta
from google.protobuf.timestamp_pb2 import Timestamp
from kith.community.events.v1 import tie_events_pb2 as events

from messaging.adapters.mongo import Networks
from messaging.application.ports_sides import Pair, Place, Tie
from messaging.application.rooms import sync_room
from messaging.entrypoints.seats import Writes

GROUP = "messaging.ties.v1"
TOPICS = ("community.membership.v1", "community.connection.v1")


def handlers(networks: Networks, writes: Writes, clock: Clock) -> Handlers:
    """What to do with which event. A handler raises Invalid for ids that are none. Rooms follow
    their circles."""

    async def on_joined(event: events.CircleJoined, meta: Meta) -> None:
        await take_place(event, _tie(True, event.join_time, meta))

    async def on_left(event: events.CircleLeft, meta: Meta) -> None:
        await take_place(event, _tie(False, event.leave_time, meta))

    async def take_place(event: events.CircleJoined | events.CircleLeft, tie: Tie) -> None:
        place = Place(
            parse_id(event.circle_id, "circle_id"), parse_id(event.member_id, "member_id")
        )
        network_id = parse_id(event.network_id, "network_id")
        await networks.ties(network_id).take_place(place, tie)
        await sync_room(writes(networks.of(network_id)), place.circle_id, clock.now())

    async def on_agreed(event: events.ConnectionAgreed, meta: Meta) -> None:
        await take_pair(event, _tie(True, event.agree_time, meta))

    async def on_ended(event: events.ConnectionEnded, meta: Meta) -> None:
        await take_pair(event, _tie(False, event.end_time, meta))

    async def take_pair(event: events.ConnectionAgreed | events.ConnectionEnded, tie: Tie) -> None:
        pair = Pair(
            parse_id(event.first_member_id, "first_member_id"),
            parse_id(event.second_member_id, "second_member_id"),
        )
        if pair.one == pair.other:
            raise Invalid("a connection of a member with herself")
        await networks.ties(parse_id(event.network_id, "network_id")).take_pair(pair, tie)

    return {
        events.CircleJoined: on_joined,
        events.CircleLeft: on_left,
        events.ConnectionAgreed: on_agreed,
        events.ConnectionEnded: on_ended,
    }


def _tie(holds: bool, at: Timestamp, meta: Meta) -> Tie:
    if meta.sequence < 1:
        raise Invalid("an event without its place in the history of the tie")
    return Tie(holds, from_epoch_millis(at.seconds * 1000 + at.nanos // 1_000_000), meta.sequence)
