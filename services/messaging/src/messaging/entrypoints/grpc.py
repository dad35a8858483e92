"""Messaging's gRPC services: translate, one call, translate back."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc
from common import auth
from common.clock import Clock, epoch_millis
from common.errors import Invalid
from common.grpc_server import Context
from common.ids import parse_id
from google.protobuf.timestamp_pb2 import Timestamp
from kith.messaging.v1 import messaging_pb2 as pb
from kith.messaging.v1 import messaging_service_pb2 as api
from kith.messaging.v1 import messaging_service_pb2_grpc as grpc_api

from messaging.adapters.mongo import Networks
from messaging.application import queries
from messaging.application.hub import Hub
from messaging.application.open_conversation import open_conversation
from messaging.application.send_message import send_message
from messaging.application.tails import Tails
from messaging.domain.conversation import Conversation
from messaging.domain.message import Draft, Message
from messaging.entrypoints.imports import take_stream


class ConversationService(grpc_api.ConversationServiceServicer):
    """See protos/kith/messaging/v1/messaging_service.proto."""

    def __init__(self, networks: Networks, clock: Clock) -> None:
        self._networks = networks
        self._clock = clock

    async def CreateConversation(
        self, request: api.CreateConversationRequest, context: Context
    ) -> api.CreateConversationResponse:
        caller = auth.current()
        network = self._networks.of(caller.network_id)
        conversation = await open_conversation(
            network, caller=caller.subject, peer=parse_id(request.member_id, "member_id"),
            at=self._clock.now(),
        )  # fmt: skip
        last = await queries.last_sequence(network, conversation.id)
        return api.CreateConversationResponse(conversation=_conversation(conversation, last))

    async def GetConversation(
        self, request: api.GetConversationRequest, context: Context
    ) -> api.GetConversationResponse:
        access = auth.access()
        network = self._networks.of(access.caller.network_id)
        conversation = await queries.conversation_of(
            network, parse_id(request.conversation_id, "conversation_id"), access
        )
        last = await queries.last_sequence(network, conversation.id)
        return api.GetConversationResponse(conversation=_conversation(conversation, last))

    async def ListConversations(
        self, request: api.ListConversationsRequest, context: Context
    ) -> api.ListConversationsResponse:
        caller = auth.current()
        network = self._networks.of(caller.network_id)
        size = page_size(request.page_size, default=50, most=100)
        before = parse_id(request.page_token, "page_token") if request.page_token else None
        found = await network.conversations.page(caller.subject, before, size + 1)
        conversations = [
            _conversation(item, await queries.last_sequence(network, item.id))
            for _, item in found[:size]
        ]
        token = str(found[size - 1][0]) if len(found) > size else ""
        return api.ListConversationsResponse(conversations=conversations, next_page_token=token)


class MessageService(grpc_api.MessageServiceServicer):
    """See protos/kith/messaging/v1/messaging_service.proto."""

    def __init__(self, networks: Networks, tails: Tails, clock: Clock, hub: Hub) -> None:
        self._networks = networks
        self._tails = tails
        self._hub = hub
        self._clock = clock

    async def SendMessage(
        self, request: api.SendMessageRequest, context: Context
    ) -> api.SendMessageResponse:
        access = auth.access()
        caller = access.caller
        draft = Draft(caller.subject, request.client_message_id, request.text, self._clock.now())
        message = await send_message(
            self._networks.of(caller.network_id), self._tails, self._hub, access,
            conversation_id=parse_id(request.conversation_id, "conversation_id"), draft=draft,
        )  # fmt: skip
        return api.SendMessageResponse(message=shown(message))

    async def ListMessages(
        self, request: api.ListMessagesRequest, context: Context
    ) -> api.ListMessagesResponse:
        access = auth.access()
        network = self._networks.of(access.caller.network_id)
        id = parse_id(request.conversation_id, "conversation_id")
        size = page_size(request.page_size, default=50, most=200)
        after, before = request.after_sequence, request.before_sequence
        if after < 0 or before < 0 or ((after or request.oldest_first) and before):
            raise Invalid("give after_sequence or before_sequence, not both, and not negative")
        if after or request.oldest_first:
            found, more = await queries.messages_after(network, id, access, after, size)
        else:
            end = before or None
            found, more = await queries.messages_before(network, id, access, end, size)
        return api.ListMessagesResponse(messages=map(shown, found), has_more=more)

    async def ImportMessages(
        self, request: AsyncIterator[api.ImportMessagesRequest], context: Context
    ) -> api.ImportMessagesResponse:
        caller = auth.current()
        network = self._networks.of(caller.network_id)
        imports = self._networks.imports(caller.network_id)
        imported = await take_stream(
            network, self._tails, request, imports, caller.subject, self._clock.now()
        )
        return api.ImportMessagesResponse(
            created_count=imported.created, existing_count=imported.existing
        )


def register_services(
    server: grpc.aio.Server, networks: Networks, clock: Clock, tails: Tails | None = None,
    hub: Hub | None = None,
) -> None:  # fmt: skip
    """Add both services to a server."""
    grpc_api.add_ConversationServiceServicer_to_server(ConversationService(networks, clock), server)
    grpc_api.add_MessageServiceServicer_to_server(
        MessageService(networks, tails or Tails(), clock, hub or Hub()), server
    )


def page_size(asked: int, *, default: int, most: int) -> int:
    """The number of items on a page. Raises Invalid."""
    if not 0 <= asked <= most:
        raise Invalid(f"page_size must be 1 to {most}, or 0 for {default}", field="page_size")
    return asked or default


def _conversation(conversation: Conversation, last_sequence: int) -> pb.Conversation:
    return pb.Conversation(
        id=str(conversation.id), member_ids=[str(id) for id in conversation.member_ids],
        last_sequence=last_sequence, create_time=_timestamp(epoch_millis(conversation.created_at)),
    )  # fmt: skip


def shown(message: Message) -> pb.Message:
    """A message as it is told."""
    return pb.Message(
        id=str(message.id), conversation_id=str(message.conversation_id),
        sequence=message.sequence, sender_id=str(message.sender_id),
        client_message_id=message.client_message_id, text=message.text,
        create_time=_timestamp(epoch_millis(message.created_at)), imported=message.imported,
    )  # fmt: skip


def _timestamp(millis: int) -> Timestamp:
    return Timestamp(seconds=millis // 1000, nanos=millis % 1000 * 1_000_000)
