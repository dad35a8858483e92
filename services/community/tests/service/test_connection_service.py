"""Connections over a real channel: what is answered, and every reason to refuse."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from common.errors import Kind
from common.grpc_client import call
from common.ids import new_id
from community.adapters.mongo import MongoNetworks
from kith.community.v1 import community_service_pb2 as circles_api
from kith.community.v1 import connection_pb2 as pb
from kith.community.v1 import connection_service_pb2 as api

from services.community.tests.builders import NETWORK, OTHER_NETWORK
from services.community.tests.doors import Door, refusal

ANA, BEN = new_id(), new_id()


class Pair:
    """Ana and ben, both known here, and what they ask of each other."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.stub = door.client.connections

    def token(self, member_id: UUID) -> str:
        return self.door.issuer.token(member_id, now=self.door.clock.now())

    async def ask(self, one: UUID, other: UUID) -> pb.Connection:
        request = api.RequestConnectionRequest(member_id=str(other))
        reply = await call(self.stub.RequestConnection, request, token=self.token(one))
        return reply.connection

    async def accept(self, one: UUID, other: UUID) -> pb.Connection:
        request = api.AcceptConnectionRequest(member_id=str(other))
        reply = await call(self.stub.AcceptConnection, request, token=self.token(one))
        return reply.connection

    async def delete(self, one: UUID, other: UUID) -> None:
        request = api.DeleteConnectionRequest(member_id=str(other))
        await call(self.stub.DeleteConnection, request, token=self.token(one))

    async def list(
        self, one: UUID, state: pb.ConnectionState.ValueType = pb.CONNECTION_STATE_UNSPECIFIED,
        **page: Any,
    ) -> api.ListConnectionsResponse:  # fmt: skip
        request = api.ListConnectionsRequest(state=state, **page)
        return await call(self.stub.ListConnections, request, token=self.token(one))


@pytest.fixture
async def pair(door: Door, networks: MongoNetworks) -> Pair:
    for member in (ANA, BEN):
        await networks.of(NETWORK).members.add(member)
    return Pair(door)


async def test_two_members_connect_and_part(pair: Pair) -> None:
    asked = await pair.ask(ANA, BEN)
    assert (asked.member_id, asked.state) == (str(BEN), pb.CONNECTION_STATE_REQUESTED)
    assert await pair.ask(ANA, BEN) == asked
    (received,) = (await pair.list(BEN, pb.CONNECTION_STATE_RECEIVED)).connections
    assert (received.member_id, received.state) == (str(ANA), pb.CONNECTION_STATE_RECEIVED)
    agreed = await pair.accept(BEN, ANA)
    assert (agreed.member_id, agreed.state) == (str(ANA), pb.CONNECTION_STATE_CONNECTED)
    assert [one.member_id for one in (await pair.list(ANA)).connections] == [str(BEN)]
    for _ in range(2):
        await pair.delete(ANA, BEN)
        assert not (await pair.list(BEN)).connections


async def test_who_is_declined_sees_her_request_and_nothing_else(pair: Pair) -> None:
    asked = await pair.ask(ANA, BEN)
    await pair.delete(BEN, ANA)
    pair.door.clock.advance(timedelta(days=2))
    assert await pair.ask(ANA, BEN) == asked
    assert list((await pair.list(ANA, pb.CONNECTION_STATE_REQUESTED)).connections) == [asked]
    assert not (await pair.list(BEN, pb.CONNECTION_STATE_RECEIVED)).connections


async def test_of_another_network_and_of_nobody_it_is_told_the_same(
    pair: Pair, networks: MongoNetworks
) -> None:
    stranger = new_id()
    await networks.of(OTHER_NETWORK).members.add(stranger)
    for other in (stranger, new_id()):
        request = api.RequestConnectionRequest(member_id=str(other))
        refused = await refusal(pair.stub.RequestConnection, request, pair.token(ANA))
        assert (refused.kind, refused.reason) == (Kind.NOT_FOUND, "MEMBER_NOT_FOUND")
        agree = api.AcceptConnectionRequest(member_id=str(other))
        refused = await refusal(pair.stub.AcceptConnection, agree, pair.token(ANA))
        assert (refused.kind, refused.reason) == (Kind.PRECONDITION, "CONNECTION_NOT_REQUESTED")
        await pair.delete(ANA, other)


async def test_what_cannot_be_is_refused(pair: Pair) -> None:
    for text in ("", "no-id", str(ANA)):
        for behaviour, kind in (
            (pair.stub.RequestConnection, api.RequestConnectionRequest),
            (pair.stub.AcceptConnection, api.AcceptConnectionRequest),
            (pair.stub.DeleteConnection, api.DeleteConnectionRequest),
        ):
            refused = await refusal(behaviour, kind(member_id=text), pair.token(ANA))
            assert (refused.reason, refused.metadata) == (
                "INVALID_ARGUMENT", {"field": "member_id"},
            )  # fmt: skip
    for bad in (
        api.ListConnectionsRequest(page_size=101), api.ListConnectionsRequest(page_token="x"),
        api.ListConnectionsRequest(state=9),  # type: ignore[arg-type]  # of a newer client
    ):  # fmt: skip
        refused = await refusal(pair.stub.ListConnections, bad, pair.token(ANA))
        assert refused.reason == "INVALID_ARGUMENT"
    await pair.ask(ANA, BEN)
    await pair.delete(ANA, BEN)
    request = api.RequestConnectionRequest(member_id=str(BEN))
    refused = await refusal(pair.stub.RequestConnection, request, pair.token(ANA))
    assert (refused.kind, refused.reason) == (Kind.PRECONDITION, "CONNECTION_ASK_LATER")


async def test_pages_go_on_where_they_ended(pair: Pair, networks: MongoNetworks) -> None:
    others = [new_id() for _ in range(5)]
    for other in others:
        await networks.of(NETWORK).members.add(other)
        await pair.ask(ANA, other)
    seen, token = list[str](), ""
    while True:
        page = await pair.list(ANA, pb.CONNECTION_STATE_REQUESTED, page_size=2, page_token=token)
        seen += [one.member_id for one in page.connections]
        token = page.next_page_token
        if not token:
            break
    assert sorted(seen) == sorted(map(str, others))


async def test_leaving_a_circle_and_coming_back(door: Door, admin: str, ada: str) -> None:
    circle = await door.client.create_circle(admin)
    await door.client.join(ada, circle.id)
    request = circles_api.LeaveCircleRequest(circle_id=circle.id)
    for _ in range(2):
        left = (await call(door.client.circles.LeaveCircle, request, token=ada)).circle
        assert (left.member_count, left.joined) == (1, False)
    posting = circles_api.ListPostsRequest(circle_id=circle.id)
    refused = await refusal(door.client.posts.ListPosts, posting, ada)
    assert refused.reason == "CIRCLE_NOT_JOINED"
    assert (await door.client.join(ada, circle.id)).member_count == 2
    request.circle_id = str(new_id())
    refused = await refusal(door.client.circles.LeaveCircle, request, ada)
    assert (refused.kind, refused.reason) == (Kind.NOT_FOUND, "CIRCLE_NOT_FOUND")
