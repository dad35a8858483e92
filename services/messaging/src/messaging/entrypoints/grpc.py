"""Messaging's gRPC services: translate, one call, translate back."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc
from common import auth
from common.clock import Clock
from common.errors import Invalid
from common.grpc_server import Context
from common.ids import parse_id
from kith.messaging.v1 import availability_service_pb2_grpc as availability_api
from kith.messaging.v1 import contact_service_pb2_grpc as contact_api
from kith.messaging.v1 import group_service_pb2_grpc as group_api
from kith.messaging.v1 import messaging_pb2 as pb
from kith.messaging.v1 import messaging_service_pb2 as api
from kith.messaging.v1 import messaging_service_pb2_grpc as grpc_api
from kith.messaging.v1 import presence_service_pb2_grpc as presence_api
from kith.messaging.v1 import receipt_service_pb2_grpc as receipt_api
from kith.messaging.v1 import report_service_pb2_grpc as report_api
from kith.messaging.v1 import seat_service_pb2_grpc as seats_api
from kith.messaging.v1 import words_service_pb2_grpc as words_api

from messaging.adapters.mongo import Networks
from messaging.application import queries
from messaging.application.conversation_pages import requests, talks
from messaging.application.hub import Hub
from messaging.application.invitations import seen_by
from messaging.application.noting import Writing
from messaging.application.open_conversation import open_conversation
from messaging.application.ports import Network
from messaging.application.send_message import send_message
from messaging.application.tails import Tails
from messaging.domain.message import Draft
from messaging.entrypoints.availability import AvailabilityService
from messaging.entrypoints.contacts import ContactService
from messaging.entrypoints.conversations_told import told, told_one
from messaging.entrypoints.groups import GroupService
from messaging.entrypoints.imports import take_stream
from messaging.entrypoints.presence import PresenceService
from messaging.entrypoints.receipts import ReceiptService
from messaging.entrypoints.reports import ReportService
from messaging.entrypoints.seats import SeatService
from messaging.entrypoints.telling import page_size
from messaging.entrypoints.words import WordsService, message_of

_LISTS = {
    pb.CONVERSATION_STATE_UNSPECIFIED: talks, pb.CONVERSATION_STATE_OPEN: talks,
    pb.CONVERSATION_STATE_RECEIVED: requests,
}  # fmt: skip


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
        found = await told_one(network, caller.subject, conversation, self._clock.now())
        return api.CreateConversationResponse(conversation=found)

    async def GetConversation(
        self, request: api.GetConversationRequest, context: Context
    ) -> api.GetConversationResponse:
        access = auth.access()
        network = self._networks.of(access.caller.network_id)
        conversation = await seen_by(
            network, parse_id(request.conversation_id, "conversation_id"), access
        )
        reader = access.caller.subject
        found = await told_one(network, reader, conversation, self._clock.now())
        return api.GetConversationResponse(conversation=found)

    async def ListConversations(
        self, request: api.ListConversationsRequest, context: Context
    ) -> api.ListConversationsResponse:
        caller = auth.current()
        network = self._networks.of(caller.network_id)
        size = page_size(request.page_size, default=50, most=100)
        if request.state not in _LISTS:
            raise Invalid("state must be OPEN or RECEIVED", field="state")
        before = parse_id(request.page_token, "page_token") if request.page_token else None
        now = self._clock.now()
        page = await _LISTS[request.state](network, caller.subject, before, size, now)
        return api.ListConversationsResponse(
            conversations=await told(network, caller.subject, page.shown, now),
            next_page_token=str(page.rest) if page.rest is not None else "",
        )


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
        draft = Draft(
            caller.subject, request.client_message_id, request.text, self._clock.now(),
            reply_to=request.reply_to_sequence,
        )  # fmt: skip
        message = await send_message(
            self._networks.of(caller.network_id), self._tails, self._hub, access,
            conversation_id=parse_id(request.conversation_id, "conversation_id"), draft=draft,
        )  # fmt: skip
        return api.SendMessageResponse(message=message_of(message))

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
        return api.ListMessagesResponse(messages=map(message_of, found), has_more=more)

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
    """Add all services to a server."""
    tails, hub = tails or Tails(), hub or Hub()

    def writes(network: Network) -> Writing:
        return Writing(network, tails, hub)

    seats_api.add_SeatServiceServicer_to_server(SeatService(networks, clock, writes), server)
    group_api.add_GroupServiceServicer_to_server(GroupService(networks, clock, writes), server)
    availability_api.add_AvailabilityServiceServicer_to_server(
        AvailabilityService(networks, clock), server
    )
    contact_api.add_ContactServiceServicer_to_server(ContactService(networks, clock), server)
    presence_api.add_PresenceServiceServicer_to_server(PresenceService(networks, clock), server)
    receipt_api.add_ReceiptServiceServicer_to_server(ReceiptService(networks, clock), server)
    report_api.add_ReportServiceServicer_to_server(ReportService(networks, clock), server)
    words_api.add_WordsServiceServicer_to_server(WordsService(networks, clock), server)
    grpc_api.add_ConversationServiceServicer_to_server(ConversationService(networks, clock), server)
    grpc_api.add_MessageServiceServicer_to_server(
        MessageService(networks, tails, clock, hub), server
    )
