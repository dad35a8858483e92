"""Programs behind a real gRPC channel, as its callers see it, and an issuer of their tokens."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
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
from google.protobuf.timestamp_pb2 import Timestamp
from jwt.algorithms import OKPAlgorithm
from kith.identity.v1 import identity_service_pb2 as identity_api
from kith.identity.v1 import identity_service_pb2_grpc as identity_grpc
from kith.programs.v1 import programs_pb2 as pb
from kith.programs.v1 import programs_service_pb2 as api
from kith.programs.v1 import programs_service_pb2_grpc as grpc_api
from policy.authorize import authorize
from programs.application.ports import Networks
from programs.entrypoints.grpc import register_services

from services.programs.tests.builders import NETWORK, NOW

ANY_PORT = Address("127.0.0.1", 0)
PATIENCE = 60.0  # a busy machine is no error
START = Timestamp(seconds=1_770_000_000)
STEP = pb.Step(id="hello", week=1, kind=pb.STEP_KIND_DISCUSSION, title="Say hello")
LAST = pb.Step(id="bye", week=12, kind=pb.STEP_KIND_TASK, title="Say goodbye")


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
            "net": str(network_id), "roles": [role], "exp": 2**40,
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
    """The stubs of programs, and the short way to call them."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.programs = grpc_api.ProgramServiceStub(channel)
        self.enrollments = grpc_api.EnrollmentServiceStub(channel)

    async def create_program(
        self, token: str, *, request_id: str = "r-1", display_name: str = "Stronger",
        weeks: int = 12, steps: Iterable[pb.Step] = (STEP, LAST),
    ) -> pb.Program:  # fmt: skip
        request = api.CreateProgramRequest(
            display_name=display_name, weeks=weeks, steps=steps, request_id=request_id
        )
        reply = await call(self.programs.CreateProgram, request, token=token, seconds=PATIENCE)
        return reply.program

    async def create_cohort(
        self, token: str, program_id: str, *, request_id: str = "r-1",
        display_name: str = "Spring", start: Timestamp | None = START,
    ) -> pb.Cohort:  # fmt: skip
        request = api.CreateCohortRequest(
            program_id=program_id, display_name=display_name, start_time=start,
            request_id=request_id,
        )  # fmt: skip
        reply = await call(self.programs.CreateCohort, request, token=token, seconds=PATIENCE)
        return reply.cohort

    async def a_cohort(self, admin: str) -> pb.Cohort:
        """A cohort of a new program with two steps."""
        request_id = str(new_id())
        program = await self.create_program(admin, request_id=request_id)
        return await self.create_cohort(admin, program.id, request_id=request_id)

    async def enroll(
        self, token: str, cohort_id: str, member_ids: Iterable[UUID | str]
    ) -> list[pb.Enrollment]:
        request = api.EnrollMembersRequest(cohort_id=cohort_id, member_ids=map(str, member_ids))
        reply = await call(self.enrollments.EnrollMembers, request, token=token, seconds=PATIENCE)
        return list(reply.enrollments)

    async def mark(self, token: str, enrollment_id: str, step_id: str) -> pb.Enrollment:
        request = api.MarkStepDoneRequest(enrollment_id=enrollment_id, step_id=step_id)
        reply = await call(self.enrollments.MarkStepDone, request, token=token, seconds=PATIENCE)
        return reply.enrollment

    async def own(
        self, token: str, *, size: int = 0, page_token: str = ""
    ) -> api.ListEnrollmentsResponse:
        request = api.ListEnrollmentsRequest(page_size=size, page_token=page_token)
        return await call(self.enrollments.ListEnrollments, request, token=token, seconds=PATIENCE)


@dataclass(frozen=True, slots=True)
class Door:
    """A served programs and a client of it."""

    client: Client
    clock: FakeClock
    issuer: Issuer
    networks: Networks

    async def join(self, network_id: UUID = NETWORK) -> tuple[UUID, str]:
        """A new member that programs has heard of, and her token."""
        member_id = new_id()
        await self.networks.of(network_id).members.add(member_id)
        return member_id, self.issuer.token("member", member_id, network_id)


@asynccontextmanager
async def opened(networks: Networks) -> AsyncIterator[Door]:
    """Programs served over `networks` until the block ends."""
    clock, issuer = FakeClock(NOW), Issuer()
    interceptor = grpc_server.Interceptor(
        auth.Verifier(issuer.jwks, clock), telemetry.configure("programs", "off"), authorize
    )
    async with (
        grpc_server.serve(
            ANY_PORT, interceptor, Health(),
            lambda server: register_services(server, networks, clock),
        ) as address,
        grpc_client.connect(address) as channel,
    ):  # fmt: skip
        yield Door(Client(channel), clock, issuer, networks)
