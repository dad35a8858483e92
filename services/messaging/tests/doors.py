"""Messaging behind a real gRPC channel, as its callers see it, and an issuer of their tokens."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import grpc
import jwt
import pytest
from common import auth, grpc_client, grpc_server, telemetry
from common.clock import epoch_millis
from common.config import Address
from common.errors import RemoteError
from common.grpc_client import call
from common.health import Health
from common.ids import new_id
from common.testing.clock import FakeClock
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.timestamp_pb2 import Timestamp
from jwt.algorithms import OKPAlgorithm
from kith.identity.v1 import identity_service_pb2 as identity_api
from kith.identity.v1 import identity_service_pb2_grpc as identity_grpc
from kith.messaging.v1 import availability_service_pb2_grpc as availability_grpc
from kith.messaging.v1 import contact_service_pb2_grpc as contacts_grpc
from kith.messaging.v1 import messaging_pb2 as pb
from kith.messaging.v1 import messaging_service_pb2 as api
from kith.messaging.v1 import messaging_service_pb2_grpc as grpc_api
from kith.messaging.v1 import presence_service_pb2_grpc as presence_grpc
from kith.messaging.v1 import seat_service_pb2 as seats_api
from kith.messaging.v1 import seat_service_pb2_grpc as seats_grpc
from messaging.adapters.mongo import Networks
from messaging.domain.contact import WhoMayWrite
from messaging.entrypoints.grpc import register_services
from policy.authorize import authorize

from services.messaging.tests.asking import PATIENCE, WordsClient
from services.messaging.tests.asking_groups import GroupsClient
from services.messaging.tests.builders import ADA, BEN, LONG_AGO, MINUTE, NETWORK, NOW, SOURCE

ANY_PORT = Address("127.0.0.1", 0)


class Issuer:
    """Signs tokens that this service trusts."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()

    def token(
        self, subject: UUID | None = None, role: str = "member", network_id: UUID = NETWORK,
        expires: int = 2**40,
    ) -> str:  # fmt: skip
        claims = {
            "iss": auth.ISSUER, "aud": auth.AUDIENCE, "sub": str(subject or new_id()),
            "net": str(network_id), "roles": [role], "exp": expires,
        }  # fmt: skip
        return jwt.encode(claims, self._key, auth.ALGORITHM, headers={"kid": "k1"})

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


class Client(WordsClient):
    """The stubs of messaging, and the short way to call them."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.conversations = grpc_api.ConversationServiceStub(channel)
        self.messages = grpc_api.MessageServiceStub(channel)
        super().__init__(channel)
        self.seats = seats_grpc.SeatServiceStub(channel)
        self.groups = GroupsClient(channel)
        self.availability = availability_grpc.AvailabilityServiceStub(channel)
        self.presence = presence_grpc.PresenceServiceStub(channel)
        self.contacts = contacts_grpc.ContactServiceStub(channel)

    async def open(self, token: str, member_id: UUID) -> pb.Conversation:
        request = api.CreateConversationRequest(member_id=str(member_id))
        reply = await call(
            self.conversations.CreateConversation, request, token=token, seconds=PATIENCE
        )
        return reply.conversation

    async def agreed(self, token: str, conversation_id: str) -> pb.Conversation:
        """Whoever is asked agrees."""
        request = seats_api.AcceptConversationRequest(conversation_id=conversation_id)
        reply = await call(self.seats.AcceptConversation, request, token=token, seconds=PATIENCE)
        return reply.conversation

    async def leave(self, token: str, conversation_id: str) -> None:
        request = seats_api.LeaveConversationRequest(conversation_id=conversation_id)
        await call(self.seats.LeaveConversation, request, token=token, seconds=PATIENCE)

    async def decline(self, token: str, conversation_id: str) -> None:
        request = seats_api.DeclineConversationRequest(conversation_id=conversation_id)
        await call(self.seats.DeclineConversation, request, token=token, seconds=PATIENCE)

    async def get(self, token: str, conversation_id: str) -> pb.Conversation:
        request = api.GetConversationRequest(conversation_id=conversation_id)
        reply = await call(
            self.conversations.GetConversation, request, token=token, seconds=PATIENCE
        )
        return reply.conversation

    async def list_open(
        self, token: str, page_token: str = "", size: int = 0, state: Any = 0
    ) -> api.ListConversationsResponse:
        request = api.ListConversationsRequest(page_size=size, page_token=page_token, state=state)
        return await call(
            self.conversations.ListConversations, request, token=token, seconds=PATIENCE
        )

    async def send(
        self, token: str, conversation_id: str, client_id: str = "", text: str = "How are you?",
        reply_to: int = 0,
    ) -> pb.Message:  # fmt: skip
        request = api.SendMessageRequest(
            conversation_id=conversation_id, client_message_id=client_id or str(new_id()),
            text=text, reply_to_sequence=reply_to,
        )  # fmt: skip
        reply = await call(self.messages.SendMessage, request, token=token, seconds=PATIENCE)
        return reply.message

    async def page(
        self, token: str, conversation_id: str, **asked: Any
    ) -> tuple[list[pb.Message], bool]:
        """Messages, and whether there are more."""
        request = api.ListMessagesRequest(conversation_id=conversation_id, **asked)
        reply = await call(self.messages.ListMessages, request, token=token, seconds=PATIENCE)
        return list(reply.messages), reply.has_more

    async def talk(self, token: str, conversation_id: str) -> list[pb.Message]:
        """The whole conversation, page by page."""
        found: list[pb.Message] = []
        more = True
        while more:
            page, more = await self.page(
                token, conversation_id, after_sequence=len(found), oldest_first=True, page_size=200
            )
            found += page
        return found

    async def bring_in(
        self, token: str | None, *batches: Iterable[pb.ImportedMessage], source: str = SOURCE
    ) -> tuple[int, int]:
        """Import; how many were new and how many were there."""

        async def stream() -> AsyncIterator[api.ImportMessagesRequest]:
            for batch in batches:
                yield api.ImportMessagesRequest(source=source, messages=batch)

        return await self.bring_in_requests(token, stream())

    async def bring_in_requests(
        self, token: str | None, requests: AsyncIterator[api.ImportMessagesRequest]
    ) -> tuple[int, int]:
        method: Any = self.messages.ImportMessages
        reply = await call(method, requests, token=token, seconds=PATIENCE)
        return reply.created_count, reply.existing_count


async def refusal(attempt: Any) -> RemoteError:
    """The error that a call is refused with."""
    with pytest.raises(RemoteError) as refused:
        await attempt
    return refused.value


def a_row(
    number: int, sender_id: object = ADA, recipient_id: object = BEN, *, text: str = "",
    at: Timestamp | datetime | None = None,
) -> pb.ImportedMessage:  # fmt: skip
    """A row of a history, as a network admin sends it: of the past, also to a real clock."""
    when = LONG_AGO + number * MINUTE if at is None else at
    return pb.ImportedMessage(
        row=number, sender_id=str(sender_id), recipient_id=str(recipient_id),
        text=text or f"row {number}",
        create_time=when if isinstance(when, Timestamp) else timestamp(when),
    )  # fmt: skip


def timestamp(at: datetime) -> Timestamp:
    millis = epoch_millis(at)
    return Timestamp(seconds=millis // 1000, nanos=millis % 1000 * 1_000_000)


@dataclass(frozen=True, slots=True)
class Door:
    """A served messaging and a client of it."""

    client: Client
    clock: FakeClock
    issuer: Issuer
    networks: Networks

    async def join(
        self, member_id: UUID | None = None, network_id: UUID = NETWORK,
        rule: WhoMayWrite = WhoMayWrite.NETWORK,
    ) -> str:  # fmt: skip
        """The token of a member that messaging has heard of, to whom these may write."""
        member_id = member_id or new_id()
        await self.networks.members(network_id).add(member_id)
        await self.networks.sides(network_id).rules.set(member_id, rule, NOW)
        return self.issuer.token(member_id, network_id=network_id)

    def admin(self, network_id: UUID = NETWORK) -> str:
        """The token of a new admin of the network."""
        return self.issuer.token(role="network_admin", network_id=network_id)


@asynccontextmanager
async def opened(networks: Networks, issuer: Issuer) -> AsyncIterator[Door]:
    """Messaging served over `networks` until the block ends."""
    clock = FakeClock(NOW)
    interceptor = grpc_server.Interceptor(
        auth.Verifier(issuer.jwks, clock), telemetry.configure("messaging", "off"), authorize
    )
    async with (
        grpc_server.serve(
            ANY_PORT, interceptor, Health(),
            lambda server: register_services(server, networks, clock),
        ) as address,
        grpc_client.connect(address) as channel,
    ):  # fmt: skip
        yield Door(Client(channel), clock, issuer, networks)
