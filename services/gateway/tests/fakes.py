"""The services behind the gateway, as real gRPC servers that answer what a test tells them to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from uuid import UUID

import grpc
from common.config import Address
from common.errors import DomainError, NotFound, Unavailable
from common.grpc_errors import domain_of, to_status
from common.grpc_server import Context
from gateway.application.idempotency import Record
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from kith.community.v1 import case_service_pb2 as cases
from kith.community.v1 import community_service_pb2 as community
from kith.community.v1 import connection_service_pb2 as connections
from kith.community.v1 import resource_service_pb2 as resources
from kith.identity.v1 import audit_service_pb2 as audit
from kith.identity.v1 import consent_service_pb2 as consents
from kith.identity.v1 import device_service_pb2 as devices
from kith.identity.v1 import erasure_service_pb2 as erasure
from kith.identity.v1 import export_service_pb2 as export
from kith.identity.v1 import hold_service_pb2 as holds
from kith.identity.v1 import identity_service_pb2 as identity
from kith.identity.v1 import joining_service_pb2 as joining
from kith.identity.v1 import network_service_pb2 as network_settings
from kith.identity.v1 import passkey_service_pb2 as passkeys
from kith.identity.v1 import profile_service_pb2 as profiles
from kith.identity.v1 import recovery_service_pb2 as recovery
from kith.identity.v1 import role_service_pb2 as roles
from kith.identity.v1 import totp_service_pb2 as totp
from kith.messaging.v1 import availability_service_pb2 as availability
from kith.messaging.v1 import contact_service_pb2 as contacts
from kith.messaging.v1 import delivery_service_pb2 as delivery
from kith.messaging.v1 import group_service_pb2 as groups
from kith.messaging.v1 import messaging_pb2
from kith.messaging.v1 import messaging_service_pb2 as messaging
from kith.messaging.v1 import presence_service_pb2 as presence
from kith.messaging.v1 import receipt_service_pb2 as receipts
from kith.messaging.v1 import report_service_pb2 as reports
from kith.messaging.v1 import seat_service_pb2 as seats
from kith.messaging.v1 import words_service_pb2 as words
from kith.outcomes.v1 import outcomes_service_pb2 as outcomes
from kith.programs.v1 import programs_service_pb2 as programs
from kith.signals.v1 import signals_service_pb2 as signals

from services.gateway.tests.instances import DELIVER, FakeInstance

MODULES: tuple[ModuleType, ...] = (
    audit,
    cases,
    community,
    connections,
    consents,
    erasure,
    export,
    groups,
    holds,
    devices,
    identity,
    joining,
    messaging,
    seats,
    availability,
    contacts,
    network_settings,
    outcomes,
    passkeys,
    presence,
    profiles,
    programs,
    receipts,
    reports,
    resources,
    roles,
    recovery,
    signals,
    totp,
    words,
)
GET_JWKS = "/kith.identity.v1.SessionService/GetJwks"
LIST_MESSAGES = "/kith.messaging.v1.MessageService/ListMessages"
SEND_MESSAGE = "/kith.messaging.v1.MessageService/SendMessage"
IMPORT_MESSAGES = "/kith.messaging.v1.MessageService/ImportMessages"

Unary = Callable[[Any, Context], Awaitable[Message]]
Streamed = Callable[[AsyncIterator[Any], Context], Awaitable[Message]]
Reply = Message | DomainError | Unary | Streamed


@dataclass(frozen=True, slots=True)
class Call:
    """A call as the service saw it; `request` is None for a stream."""

    method: str
    request: Message | None
    metadata: dict[str, str | bytes]

    @property
    def token(self) -> str:
        """The bearer token, empty when there was none."""
        return str(self.metadata.get("authorization", "")).removeprefix("Bearer ")


@dataclass
class FakeServices(grpc.GenericRpcHandler):
    """Every method of every service; those without a reply are UNIMPLEMENTED."""

    replies: dict[str, Reply] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    instance: FakeInstance | None = None

    def __post_init__(self) -> None:
        self._methods = {
            f"/{service.full_name}/{method.name}": method
            for module in MODULES
            for service in module.DESCRIPTOR.services_by_name.values()
            for method in service.methods
        }

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        name = handler_call_details.method
        method = self._methods.get(name)
        if name == DELIVER and self.instance is not None:
            return grpc.stream_stream_rpc_method_handler(
                self.instance.deliver, delivery.DeliverRequest.FromString,
                delivery.DeliverResponse.SerializeToString,
            )  # fmt: skip
        if method is None or name not in self.replies:
            return None
        decode = GetMessageClass(method.input_type).FromString
        encode = GetMessageClass(method.output_type).SerializeToString
        if method.client_streaming:
            return grpc.stream_unary_rpc_method_handler(self._serve(name), decode, encode)
        return grpc.unary_unary_rpc_method_handler(self._serve(name), decode, encode)

    def _serve(self, name: str) -> Callable[[Any, Context], Awaitable[Message]]:
        async def serve(request: Any, context: Context) -> Message:
            seen = request if isinstance(request, Message) else None
            metadata = {str(key): value for key, value in context.invocation_metadata() or ()}
            self.calls.append(Call(name, seen, metadata))
            reply = self.replies[name]
            if isinstance(reply, Message):
                return reply
            try:
                if isinstance(reply, DomainError):
                    raise reply
                return await reply(request, context)
            except DomainError as error:
                await context.abort_with_status(to_status(error, domain_of(name)))

        return serve

    def asked(self, method: str) -> list[Call]:
        """The calls of one method."""
        return [call for call in self.calls if call.method == method]


@asynccontextmanager
async def served(services: FakeServices) -> AsyncIterator[Address]:
    """The services, listening until the block ends."""
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((services,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield Address("127.0.0.1", port)
    finally:
        await server.stop(0)


class FakeRecords:
    """Records in memory; see application.idempotency.Records."""

    def __init__(self) -> None:
        self.kept: dict[bytes, Record] = {}
        self.away = False

    async def add(self, record: Record) -> Record | None:
        self._answer()
        kept = self.kept.setdefault(record.id, record)
        return None if kept is record else kept

    async def swap(self, old: Record, new: Record) -> bool:
        self._answer()
        if not self._holds(old):
            return False
        self.kept[old.id] = new
        return True

    async def remove(self, record: Record) -> None:
        self._answer()
        if self._holds(record):
            del self.kept[record.id]

    def _holds(self, record: Record) -> bool:
        kept = self.kept.get(record.id)
        return kept is not None and kept.claim == record.claim

    def _answer(self) -> None:
        if self.away:
            raise Unavailable("the store did not answer; try again")


class FakeMessages:
    """Stored messages, as ListMessages shows them to those who take part."""

    def __init__(self) -> None:
        self._messages: dict[tuple[str, int], messaging_pb2.Message] = {}
        self.failures: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()

    def add(self, conversation: UUID, sequence: int, text: str = "hello") -> messaging_pb2.Message:
        message = messaging_pb2.Message(
            id=f"m{sequence}", conversation_id=str(conversation), sequence=sequence, text=text
        )
        message.create_time.FromMilliseconds(1_767_225_600_123)
        self._messages[str(conversation), sequence] = message
        return message

    async def list(
        self, request: messaging.ListMessagesRequest, context: Context
    ) -> messaging.ListMessagesResponse:
        """Oldest first after a sequence number, as the gateway asks."""
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)
        found = [
            message
            for (conversation, sequence), message in self._messages.items()
            if conversation == request.conversation_id and sequence > request.after_sequence
        ]
        if not found:
            raise NotFound("no such conversation")
        oldest = sorted(found, key=lambda message: message.sequence)
        return messaging.ListMessagesResponse(messages=oldest[: request.page_size])
