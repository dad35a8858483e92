"""The events messaging listens to."""

from __future__ import annotations

from common.clock import Clock
from common.ids import parse_id
from common.kafka_consumer import Handlers, Meta
from erasure.marks import Joined
from kith.identity.events.v1 import identity_events_pb2 as identity

from messaging.adapters.mongo import Networks
from messaging.application.rooms import sync_rooms_of
from messaging.entrypoints.seats import Writes

GROUP = "messaging.members.v1"
TOPICS = ("identity.account.v1",)


def handlers(networks: Networks, joined: Joined, writes: Writes, clock: Clock) -> Handlers:
    """What to do with which event; `joined` keeps that somebody joined, however late one hears of
    it. Who is heard of only now comes into the rooms of her circles. A handler raises Invalid for
    ids that are none."""

    async def on_account_created(event: identity.AccountCreated, meta: Meta) -> None:
        network_id = parse_id(event.network_id, "network_id")
        member_id = parse_id(event.member_id, "member_id")
        await joined(networks.members(network_id), network_id, member_id)
        await networks.ties(network_id).confirm([member_id])
        await sync_rooms_of(writes(networks.of(network_id)), member_id, clock.now())

    async def on_account_closed(event: identity.AccountClosed, meta: Meta) -> None:
        network_id = parse_id(event.network_id, "network_id")
        await networks.members(network_id).remove(parse_id(event.member_id, "member_id"))

    return {
        identity.AccountCreated: on_account_created,
        identity.AccountClosed: on_account_closed,
    }
