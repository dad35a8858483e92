"""The events messaging listens to."""

from __future__ import annotations

from uuid import UUID

from common.kafka_consumer import Handlers, Meta
from kith.identity.events.v1 import identity_events_pb2 as identity

from messaging.adapters.mongo import Networks

GROUP = "messaging.members.v1"
TOPICS = ("identity.account.v1",)


def handlers(networks: Networks) -> Handlers:
    """What to do with which event."""

    async def on_account_created(event: identity.AccountCreated, meta: Meta) -> None:
        await networks.members(UUID(event.network_id)).add(UUID(event.member_id))

    return {identity.AccountCreated: on_account_created}
