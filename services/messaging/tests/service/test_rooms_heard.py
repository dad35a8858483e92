"""The room of a circle follows what community tells, on the real broker."""

from __future__ import annotations

from uuid import UUID

from common.errors import RemoteError
from common.ids import new_id
from common.kafka_producer import headers
from common.testing.poll import until
from google.protobuf.timestamp_pb2 import Timestamp
from kith.community.events.v1 import tie_events_pb2 as ties
from kith.messaging.events.v1 import messaging_events_pb2 as events
from kith.messaging.v1 import messaging_pb2 as pb

from services.messaging.tests.builders import ADA, BEN, NETWORK, NOW
from services.messaging.tests.doors import Client, Issuer, refusal
from services.messaging.tests.surroundings import MESSAGES, TIES, Surroundings

AT = Timestamp(seconds=round(NOW.timestamp()))
CIRCLE = new_id()


async def tells(around: Surroundings, member_id: UUID, sequence: int, *, joins: bool) -> None:
    """As community does."""
    here = {"network_id": str(NETWORK), "circle_id": str(CIRCLE), "member_id": str(member_id)}
    event = (
        ties.CircleJoined(join_time=AT, **here) if joins else ties.CircleLeft(leave_time=AT, **here)
    )
    made = headers(
        id=new_id(), type=event.DESCRIPTOR.full_name, source="/community", sequence=sequence,
        traceparent=None,
    )  # fmt: skip
    await (
        await around.producer.send(
            TIES[0], key=str(member_id), value=event.SerializeToString(), headers=made
        )
    )


async def opened_when_heard(client: Client, token: str) -> pb.Conversation:
    async def attempt() -> pb.Conversation | None:
        try:
            return await client.groups.room(token, CIRCLE)
        except RemoteError as error:
            if error.reason != "CIRCLE_NOT_FOUND":
                raise
            return None

    found = await until(attempt)
    assert found is not None
    return found


async def test_who_joins_and_leaves_a_circle_is_in_its_room_and_not_any_more(
    surroundings: Surroundings, issuer: Issuer
) -> None:
    await tells(surroundings, ADA, 1, joins=True)
    await surroundings.tell(ADA)
    async with surroundings.running() as (_, client):
        ada, ben = issuer.token(ADA), issuer.token(BEN)
        room = await opened_when_heard(client, ada)
        assert (room.kind, list(room.member_ids)) == (pb.CONVERSATION_KIND_ROOM, [str(ADA)])
        assert (room.circle_id, room.title, list(room.host_ids)) == (str(CIRCLE), "", [])
        await tells(surroundings, BEN, 1, joins=True)  # and identity tells of him only later
        await surroundings.tell(BEN)

        async def members() -> list[str]:
            return list((await client.get(ada, room.id)).member_ids)

        async def both() -> bool:
            return await members() == [str(ADA), str(BEN)]

        await until(both)
        await client.send(ben, room.id)
        assert [one.sequence for one in (await client.page(ben, room.id))[0]] == [3, 2]
        await tells(surroundings, BEN, 2, joins=False)

        async def alone() -> bool:
            return await members() == [str(ADA)]

        await until(alone)
        assert (await refusal(client.send(ben, room.id))).reason == "CONVERSATION_NOT_FOUND"
    told = await surroundings.records(MESSAGES, 4)
    kinds = [dict(one.headers)["ce_type"].decode().rpartition(".")[2] for one in told]
    assert kinds == ["MembersChanged", "MembersChanged", "MessageSent", "MembersChanged"]
    last = events.MembersChanged.FromString(told[-1].value)
    assert (last.change, list(last.changed_ids)) == (events.MEMBERS_CHANGE_LEFT, [str(BEN)])
    assert (last.circle_id, list(last.member_ids)) == (str(CIRCLE), [str(ADA)])
