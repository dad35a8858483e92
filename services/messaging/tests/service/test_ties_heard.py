"""Messaging hears from community who is close to whom: then they write without asking."""

from __future__ import annotations

from uuid import UUID

from common.ids import new_id
from common.kafka_producer import headers
from common.testing.poll import until
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from kith.community.events.v1 import tie_events_pb2 as ties
from kith.messaging.v1 import messaging_pb2 as pb

from services.messaging.tests.builders import ADA, BEN, NETWORK, NOW
from services.messaging.tests.doors import Issuer, refusal
from services.messaging.tests.service.test_running import opened_when_known
from services.messaging.tests.surroundings import TIES, Surroundings

AT = Timestamp(seconds=round(NOW.timestamp()))


async def test_who_is_connected_or_shares_a_circle_writes_without_asking(
    surroundings: Surroundings, issuer: Issuer
) -> None:
    membership, connection = TIES
    circle, cat = new_id(), new_id()
    here = {"network_id": str(NETWORK)}
    first, second = sorted((ADA, BEN))
    agreed = ties.ConnectionAgreed(
        first_member_id=str(first), second_member_id=str(second), agree_time=AT, **here
    )
    await tell(surroundings, connection, agreed)
    await tell(surroundings, connection, None)  # a tombstone of somebody erased
    for member_id in (ADA, cat):
        joined = ties.CircleJoined(
            circle_id=str(circle), member_id=str(member_id), join_time=AT, **here
        )
        await tell(surroundings, membership, joined)
    await surroundings.tell(ADA, BEN, cat)
    async with surroundings.running() as (_, client):
        ada = issuer.token(ADA)
        for peer in (BEN, cat):
            await opened_when_known(client, ada, peer)

            async def open_to(peer: UUID = peer) -> bool:
                return (await client.open(ada, peer)).state == pb.CONVERSATION_STATE_OPEN

            await until(open_to)
        ben = issuer.token(BEN)
        talk = await opened_when_known(client, ben, cat)
        assert talk.state == pb.CONVERSATION_STATE_REQUESTED
        for _ in range(3):
            await client.send(ben, talk.id)
        assert (await refusal(client.send(ben, talk.id))).reason == "ANSWER_AWAITED"


async def tell(surroundings: Surroundings, topic: str, event: Message | None) -> None:
    """As community does; None is a tombstone."""
    type = event.DESCRIPTOR.full_name if event else "kith.community.events.v1.TieErased"
    made = headers(id=new_id(), type=type, source="/community", sequence=1, traceparent=None)
    value = event.SerializeToString() if event else None
    await (await surroundings.producer.send(topic, key=str(new_id()), value=value, headers=made))
