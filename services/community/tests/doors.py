"""Community behind a real gRPC channel, as its callers see it."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import grpc
import jwt
import pytest
from common import auth, grpc_client, grpc_server, telemetry
from common.config import Address
from common.errors import RemoteError
from common.health import Health
from common.ids import new_id
from common.testing.clock import FakeClock
from community.application.cases import CaseDesk
from community.application.ports import Networks
from community.application.ports_cases import CasesOf
from community.application.turns import Turns
from community.entrypoints.grpc import Ports, register_services
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from kith.community.v1 import community_pb2 as pb
from kith.community.v1 import community_service_pb2 as api
from kith.community.v1 import community_service_pb2_grpc as grpc_api
from kith.community.v1 import connection_service_pb2_grpc as connections_grpc
from kith.community.v1 import resource_service_pb2_grpc as resources_grpc
from policy.authorize import authorize

from services.community.tests.builders import NETWORK, NOW
from services.community.tests.fakes_cases import FakeCases

ANY_PORT = Address("127.0.0.1", 0)


class Issuer:
    """Signs tokens as identity does."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()

    async def jwks(self) -> str:
        public = base64.urlsafe_b64encode(self._key.public_key().public_bytes_raw())
        known = {"kty": "OKP", "crv": "Ed25519", "x": public.decode().rstrip("="), "kid": "k1"}
        return json.dumps({"keys": [{**known, "alg": auth.ALGORITHM, "use": "sig"}]})

    def token(
        self, member_id: UUID, *, network_id: UUID = NETWORK, role: str = "member",
        now: datetime = NOW,
    ) -> str:  # fmt: skip
        claims = {
            "iss": auth.ISSUER, "aud": auth.AUDIENCE, "sub": str(member_id),
            "net": str(network_id), "roles": [role],
            "exp": int((now + timedelta(hours=1)).timestamp()),
        }  # fmt: skip
        return jwt.encode(claims, self._key, auth.ALGORITHM, headers={"kid": "k1"})


class Client:
    """The stubs of community, and the short way to call them."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.circles = grpc_api.CircleServiceStub(channel)
        self.posts = grpc_api.PostServiceStub(channel)
        self.connections = connections_grpc.ConnectionServiceStub(channel)
        self.resources = resources_grpc.ResourceServiceStub(channel)

    async def create_circle(self, token: str, name: str = "Mornings") -> pb.Circle:
        request = api.CreateCircleRequest(display_name=name, request_id=str(new_id()))
        return (await grpc_client.call(self.circles.CreateCircle, request, token=token)).circle

    async def join(self, token: str, circle_id: str) -> pb.Circle:
        request = api.JoinCircleRequest(circle_id=circle_id)
        return (await grpc_client.call(self.circles.JoinCircle, request, token=token)).circle

    async def post(self, token: str, circle_id: str, text: str = "Who is up?") -> pb.Post:
        request = api.CreatePostRequest(
            circle_id=circle_id, intent=pb.INTENT_ASK, text=text, request_id=str(new_id())
        )
        return (await grpc_client.call(self.posts.CreatePost, request, token=token)).post

    async def comment(self, token: str, post_id: str, text: str = "I am.") -> pb.Comment:
        request = api.CreateCommentRequest(post_id=post_id, text=text, request_id=str(new_id()))
        return (await grpc_client.call(self.posts.CreateComment, request, token=token)).comment


async def refusal(behaviour: Any, request: Any, token: str | None) -> RemoteError:
    """The error that a call is refused with."""
    with pytest.raises(RemoteError) as refused:
        await grpc_client.call(behaviour, request, token=token)
    return refused.value


@dataclass(frozen=True, slots=True)
class Door:
    """A served community and a client of it."""

    client: Client
    clock: FakeClock
    issuer: Issuer

    def member(self, *, network_id: UUID = NETWORK) -> str:
        """The token of a new member."""
        return self.issuer.token(new_id(), network_id=network_id, now=self.clock.now())

    def admin(self, *, network_id: UUID = NETWORK) -> str:
        """The token of a new admin of the network."""
        return self.issuer.token(
            new_id(), network_id=network_id, role="network_admin", now=self.clock.now()
        )


@asynccontextmanager
async def opened(networks: Networks, cases_of: CasesOf | None = None) -> AsyncIterator[Door]:
    """Community served over `networks` until the block ends."""
    clock, issuer = FakeClock(NOW), Issuer()
    cases = FakeCases()
    desk = CaseDesk(cases_of or (lambda _: cases), clock)
    ports = Ports(networks, Turns(), clock, desk)
    interceptor = grpc_server.Interceptor(
        auth.Verifier(issuer.jwks, clock), telemetry.configure("community", "off"), authorize
    )
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(
            grpc_server.serve(
                ANY_PORT, interceptor, Health(), lambda server: register_services(server, ports)
            )
        )
        channel = await stack.enter_async_context(grpc_client.connect(address))
        yield Door(Client(channel), clock, issuer)
