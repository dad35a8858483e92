"""Outcomes behind a real gRPC channel, as its callers see it, and an issuer of their tokens."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import grpc
import jwt
from common import auth, grpc_client, grpc_server, telemetry
from common.auth import AUDIENCE, ISSUER
from common.config import Address
from common.grpc_client import call
from common.health import Health
from common.ids import new_id
from common.testing.clock import FakeClock
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm
from kith.identity.v1 import identity_service_pb2 as identity_api
from kith.identity.v1 import identity_service_pb2_grpc as identity_grpc
from kith.outcomes.v1 import outcomes_pb2 as pb
from kith.outcomes.v1 import outcomes_service_pb2 as api
from kith.outcomes.v1 import outcomes_service_pb2_grpc as grpc_api
from outcomes.application.ports import Networks
from outcomes.entrypoints.grpc import register_services
from policy.authorize import authorize

from services.outcomes.tests.builders import NETWORK, NOW

ANY_PORT = Address("127.0.0.1", 0)
PATIENCE = 60.0  # a busy machine is no error


class Issuer:
    """Signs tokens that this service trusts."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()

    def token(
        self, role: str = "member", subject: UUID | None = None, network_id: UUID = NETWORK
    ) -> str:
        """A token that never expires."""
        claims = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": str(subject or new_id()),
            "net": str(network_id), "roles": [role], "exp": 2**40, "terms": 3,
        }  # fmt: skip
        return jwt.encode(claims, self._key, "EdDSA", headers={"kid": "k1"})

    async def jwks(self) -> str:
        """Its public key as a JWKS."""
        key = OKPAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return json.dumps({"keys": [{**key, "kid": "k1", "use": "sig"}]})


class Identity(identity_grpc.SessionServiceServicer):
    """As much of identity as others call."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    async def GetJwks(
        self, request: identity_api.GetJwksRequest, context: grpc_server.Context
    ) -> identity_api.GetJwksResponse:
        return identity_api.GetJwksResponse(jwks=await self._issuer.jwks())

    async def CreateSession(
        self, request: identity_api.CreateSessionRequest, context: grpc_server.Context
    ) -> identity_api.CreateSessionResponse:
        raise NotImplementedError


@asynccontextmanager
async def identity(issuer: Issuer) -> AsyncIterator[Address]:
    """Identity with the keys of `issuer`, on a port of its own."""
    server = grpc.aio.server()
    identity_grpc.add_SessionServiceServicer_to_server(Identity(issuer), server)
    port = server.add_insecure_port(str(ANY_PORT))
    await server.start()
    try:
        yield Address(ANY_PORT.host, port)
    finally:
        await server.stop(None)


class Client:
    """The stub of outcomes, and the short way to call it."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.responses = grpc_api.ResponseServiceStub(channel)

    async def instruments(self, token: str) -> list[pb.Instrument]:
        reply = await call(
            self.responses.ListInstruments,
            api.ListInstrumentsRequest(),
            token=token,
            seconds=PATIENCE,
        )
        return list(reply.instruments)

    async def answer(
        self, token: str, instrument_id: str, answers: Mapping[str, int], request_id: str = "r-1"
    ) -> pb.Response:
        request = api.CreateResponseRequest(
            instrument_id=instrument_id, answers=answers, request_id=request_id
        )
        reply = await call(self.responses.CreateResponse, request, token=token, seconds=PATIENCE)
        return reply.response

    async def own(
        self, token: str, *, size: int = 0, page_token: str = ""
    ) -> api.ListResponsesResponse:
        request = api.ListResponsesRequest(page_size=size, page_token=page_token)
        return await call(self.responses.ListResponses, request, token=token, seconds=PATIENCE)


@dataclass(frozen=True, slots=True)
class Door:
    """A served outcomes and a client of it."""

    client: Client
    clock: FakeClock
    issuer: Issuer


@asynccontextmanager
async def opened(networks: Networks) -> AsyncIterator[Door]:
    """Outcomes served over `networks` until the block ends."""
    clock, issuer = FakeClock(NOW), Issuer()
    interceptor = grpc_server.Interceptor(
        auth.Verifier(issuer.jwks, clock), telemetry.configure("outcomes", "off"), authorize
    )
    async with (
        grpc_server.serve(
            ANY_PORT, interceptor, Health(),
            lambda server: register_services(server, networks, clock),
        ) as address,
        grpc_client.connect(address) as channel,
    ):  # fmt: skip
        yield Door(Client(channel), clock, issuer)
