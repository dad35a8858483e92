"""Two instances remember a conversation; one erases who is in it, and neither names her again."""

from __future__ import annotations

from common.ids import new_id
from common.kafka_producer import headers
from common.testing.poll import until
from google.protobuf.timestamp_pb2 import Timestamp
from kith.identity.events.v1 import identity_events_pb2 as identity
from kith.messaging.events.v1 import messaging_events_pb2 as events

from services.messaging.tests.builders import ADA, BEN, NETWORK, NOW
from services.messaging.tests.doors import Client, Issuer
from services.messaging.tests.service.test_running import opened_when_known
from services.messaging.tests.surroundings import (
    ACCOUNTS,
    MESSAGES,
    RECEIPTS,
    Surroundings,
    header,
)


async def test_every_instance_forgets_who_was_erased_by_one_of_them(
    surroundings: Surroundings, issuer: Issuer
) -> None:
    await surroundings.tell(ADA, BEN)
    ada, ben = issuer.token(ADA), issuer.token(BEN)
    async with surroundings.running() as (_, one), surroundings.running() as (_, other):
        talk = await opened_when_known(one, ada, BEN)
        for client in (one, other):
            await client.send(ben, talk.id)
            await client.send(ada, talk.id)
            assert await names_her(surroundings, client, ben, talk.id)
        await erase(surroundings)
        await surroundings.records(RECEIPTS, 1)
        for client in (one, other):

            async def unnamed(client: Client = client) -> bool:
                return not await names_her(surroundings, client, ben, talk.id)

            await until(unnamed, seconds=30)


async def names_her(surroundings: Surroundings, client: Client, ben: str, talk_id: str) -> bool:
    """Whether what Kafka is told of a message to Ada names her."""
    sent = await client.send(ben, talk_id)
    told = await surroundings.records(MESSAGES, sent.sequence)
    (mine,) = [one for one in told if header(one, "ce_sequence") == str(sent.sequence)]
    return str(ADA) in events.MessageSent.FromString(mine.value).recipient_ids


async def erase(surroundings: Surroundings) -> None:
    """As identity asks for it."""
    event = identity.ErasureStarted(
        network_id=str(NETWORK), member_id=str(ADA), erasure_id=str(new_id()),
        start_time=Timestamp(seconds=round(NOW.timestamp())),
    )  # fmt: skip
    made = headers(
        id=new_id(), type=event.DESCRIPTOR.full_name, source="/identity", sequence=1,
        traceparent=None,
    )  # fmt: skip
    sent = await surroundings.producer.send(
        ACCOUNTS, key=str(ADA), value=event.SerializeToString(), headers=made
    )
    await sent
