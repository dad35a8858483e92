"""Community hears of blocks, passes over tombstones, and keeps requests from whoever blocks."""

from __future__ import annotations

from common import kafka_producer
from common.errors import RemoteError
from common.grpc_client import call
from common.ids import new_id
from common.kafka_producer import Producer, headers
from common.testing.poll import until
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from kith.community.v1 import connection_pb2 as pb
from kith.community.v1 import connection_service_pb2 as api
from kith.identity.events.v1 import identity_events_pb2 as identity
from kith.messaging.events.v1.block_events_pb2 import BlockBegun, BlockEnded

from services.community.tests.builders import NETWORK, NOW
from services.community.tests.doors import Client, Issuer
from services.community.tests.running import running

ANA, BEN = new_id(), new_id()
AT = Timestamp(seconds=round(NOW.timestamp()))


async def test_requests_of_whom_she_blocks_are_shown_only_when_it_has_ended(
    environment: dict[str, str], issuer: Issuer
) -> None:
    named = {"network_id": str(NETWORK), "member_id": str(BEN), "blocked_id": str(ANA)}
    ana, ben = (issuer.token(one) for one in (ANA, BEN))
    async with (
        kafka_producer.connect(
            environment["KITH_KAFKA"], "tests", environment["KITH_TOPIC_PREFIX"]
        ) as producer,
        running(environment) as client,
    ):
        for one in (ANA, BEN):
            joined = identity.AccountCreated(
                network_id=str(NETWORK), member_id=str(one), create_time=AT
            )
            await tell(producer, "identity.account.v1", joined, 1)
        await until(lambda: asked(client, ana))
        assert await received(client, ben) == [str(ANA)]
        await tell(producer, "messaging.block.v1", None, 0)
        await tell(producer, "messaging.block.v1", BlockBegun(**named, begin_time=AT), 1)

        async def kept_from_her() -> bool:
            return await received(client, ben) == []

        await until(kept_from_her)
        assert await asked(client, ana)
        await tell(producer, "messaging.block.v1", BlockEnded(**named, end_time=AT), 2)

        async def shown() -> bool:
            return await received(client, ben) == [str(ANA)]

        await until(shown)


async def asked(client: Client, token: str) -> bool:
    """Whether ana could ask: community hears of ben a moment after he joined."""
    try:
        request = api.RequestConnectionRequest(member_id=str(BEN))
        reply = await call(client.connections.RequestConnection, request, token=token)
    except RemoteError as error:
        if error.reason != "MEMBER_NOT_FOUND":
            raise
        return False
    return bool(reply.connection.state == pb.CONNECTION_STATE_REQUESTED)


async def received(client: Client, token: str) -> list[str]:
    """Who asks ben, as he is shown it."""
    request = api.ListConnectionsRequest(state=pb.CONNECTION_STATE_RECEIVED)
    reply = await call(client.connections.ListConnections, request, token=token)
    return [one.member_id for one in reply.connections]


async def tell(producer: Producer, topic: str, event: Message | None, sequence: int) -> None:
    """As the one who publishes it does; None is a tombstone."""
    type = event.DESCRIPTOR.full_name if event else "kith.messaging.events.v1.BlockErased"
    made = headers(id=new_id(), type=type, source="/tests", sequence=sequence, traceparent=None)
    value = event.SerializeToString() if event else None
    await (await producer.send(topic, key=str(new_id()), value=value, headers=made))
