"""A whole gateway over a real broker, and a way to tell it that something happened."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import websockets
from common.config import Address, Secret, ServiceConfig
from common.ids import new_id
from common.kafka_producer import Producer, headers
from common.lifecycle import Lifecycle
from gateway.config import NOWHERE, Config, Outside
from gateway.entrypoints.consumers import SESSION_TOPICS
from gateway.wiring import App, build
from kith.identity.events.v1 import session_events_pb2 as session_events
from kith.identity.v1 import identity_service_pb2 as identity
from websockets.asyncio.client import ClientConnection

from libs.common.tests import service_keys
from services.gateway.tests.fakes import (
    GET_JWKS,
    LIST_MESSAGES,
    FakeMessages,
    FakeServices,
    served,
)
from services.gateway.tests.instances import FakeInstance
from services.gateway.tests.tokens import ADA, BEN, NETWORK, Issuer

ANY_PORT = Address("127.0.0.1", 0)
OPEN = Outside()
NO_DATABASE = Secret("mongodb://127.0.0.1:1")  # the door opens, and pushes, without one
CONVERSATION = UUID("0198c2a0-0000-7000-8000-0000000000c0")
[SESSIONS] = SESSION_TOPICS


@dataclass(frozen=True, slots=True)
class World:
    """A whole gateway, what is behind it, and a way to tell it that something happened."""

    app: App
    services: FakeServices
    messages: FakeMessages
    instance: FakeInstance
    issuer: Issuer
    life: Lifecycle
    producer: Producer

    @asynccontextmanager
    async def device(
        self, member: UUID, seconds: float = 600, claims: dict[str, Any] | None = None,
        resume: dict[str, int] | None = None,
    ) -> AsyncIterator[ClientConnection]:  # fmt: skip
        """A device of the member, ready."""
        async with websockets.connect(f"ws://{self.app.http}/v1/stream") as socket:
            token = self.issuer.token(member, seconds=seconds, claims=claims)
            frame = {"type": "authenticate", "accessToken": token, "resume": resume}
            await socket.send(json.dumps(frame))
            assert json.loads(await socket.recv()) == {"type": "ready"}
            yield socket

    def happens(
        self, sequence: int, *, conversation: UUID = CONVERSATION, told: bool = True,
        recipient: UUID = BEN,
    ) -> None:  # fmt: skip
        """Ada wrote to Ben."""
        message = self.messages.add(conversation, sequence, f"text {sequence}")
        self.instance.ends[str(conversation)] = sequence
        if told:
            self.instance.arrived(message, ADA, recipient)

    async def asks(self, token: str) -> httpx.Response:
        """Somebody reads with a token."""
        async with httpx.AsyncClient(base_url=f"http://{self.app.http}") as http:
            return await http.get("/v1/accounts/me", headers={"authorization": f"Bearer {token}"})

    async def refuses(self, token: str) -> bool:
        """Whether the token opens nothing any more."""
        return (await self.asks(token)).status_code == 401


async def signs_out(
    producer: Producer, member: UUID, *, session: UUID | None = None, epoch: int = 0
) -> None:
    """Identity says that a session ended, or all up to an epoch."""
    event = session_events.SessionsEnded(
        network_id=str(NETWORK), member_id=str(member), epoch=epoch,
        session_id=str(session) if session else "",
    )  # fmt: skip
    sent = await producer.send(
        SESSIONS, key=str(member), value=event.SerializeToString(),
        headers=headers(
            id=new_id(), type=event.DESCRIPTOR.full_name, source="/identity", sequence=1,
            traceparent=None,
        ),
    )  # fmt: skip
    await sent


@asynccontextmanager
async def started(
    kafka: str, topic_prefix: str, producer: Producer, outside: Outside = OPEN,
    inside: Address = NOWHERE,
) -> AsyncIterator[World]:  # fmt: skip
    """A whole gateway, until the block ends."""
    services, messages, issuer, life = FakeServices(), FakeMessages(), Issuer(), Lifecycle()
    services.instance = instance = FakeInstance()
    services.replies[GET_JWKS] = identity.GetJwksResponse(jwks=issuer.jwks())
    services.replies[LIST_MESSAGES] = messages.list
    async with served(services) as behind:
        service = ServiceConfig(
            kafka=kafka, mongodb_uri=NO_DATABASE, database_prefix="", topic_prefix=topic_prefix,
            grpc_listen=ANY_PORT, http_listen=ANY_PORT, identity=behind, log_level="info",
            service_key=service_keys.KEYS["gateway"], service_keys=service_keys.trust(),
            traces="off",
        )  # fmt: skip
        async with build(
            Config(service, behind, behind, behind, behind, behind, outside, (behind,), inside),
            life,
        ) as app:
            await life.health.begin()
            yield World(app, services, messages, instance, issuer, life, producer)


async def received(socket: ClientConnection) -> Any:
    """The next frame."""
    async with asyncio.timeout(60):
        return json.loads(await socket.recv())
