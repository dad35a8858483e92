"""The events community listens to: who is a member, so that nobody asks who is not there."""

from __future__ import annotations

from common.ids import parse_id
from common.kafka_consumer import Handlers, Meta
from erasure.marks import Joined
from kith.identity.events.v1 import identity_events_pb2 as identity

from community.application.ports import Networks

GROUP = "community.members.v1"
TOPICS = ("identity.account.v1",)


def handlers(networks: Networks, joined: Joined) -> Handlers:
    """What to do with which event; `joined` keeps that somebody joined, however late one hears of
    it. A handler raises Invalid for ids that are none."""

    async def on_account_created(event: identity.AccountCreated, meta: Meta) -> None:
        network_id = parse_id(event.network_id, "network_id")
        member_id = parse_id(event.member_id, "member_id")
        network = networks.of(network_id)
        await joined(network.members, network_id, member_id)
        await network.blocks.confirm(member_id)

    async def on_account_closed(event: identity.AccountClosed, meta: Meta) -> None:
        network = networks.of(parse_id(event.network_id, "network_id"))
        await network.members.remove(parse_id(event.member_id, "member_id"))

    return {
        identity.AccountCreated: on_account_created,
        identity.AccountClosed: on_account_closed,
    }
