"""Asking for what can be done with messages, as a client does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import grpc
from common.grpc_client import call
from kith.messaging.v1 import messaging_pb2 as pb
from kith.messaging.v1 import receipt_service_pb2 as receipt_api
from kith.messaging.v1 import receipt_service_pb2_grpc as receipt_grpc
from kith.messaging.v1 import report_service_pb2 as report_api
from kith.messaging.v1 import report_service_pb2_grpc as report_grpc
from kith.messaging.v1 import words_service_pb2 as words_api
from kith.messaging.v1 import words_service_pb2_grpc as words_grpc

PATIENCE = 60.0  # a busy machine is no error


class WordsClient:
    """What can be done with messages that were sent, with the token of who does it."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.receipts = receipt_grpc.ReceiptServiceStub(channel)
        self.words = words_grpc.WordsServiceStub(channel)
        self.reports = report_grpc.ReportServiceStub(channel)

    async def move(
        self, token: str, conversation_id: str, *, read: int = 0, delivered: int = 0
    ) -> pb.Reading:
        request = receipt_api.MovePositionRequest(
            conversation_id=conversation_id, read_sequence=read, delivered_sequence=delivered
        )
        reply = await call(self.receipts.MovePosition, request, token=token, seconds=PATIENCE)
        return reply.reading

    async def edit(
        self, token: str, conversation_id: str, message_id: str, text: str,
        versions: Iterable[int] = (),
    ) -> pb.Message:  # fmt: skip
        request = words_api.EditMessageRequest(
            conversation_id=conversation_id, message_id=message_id, text=text, versions=versions
        )
        reply = await call(self.words.EditMessage, request, token=token, seconds=PATIENCE)
        return reply.message

    async def delete(
        self, token: str, conversation_id: str, message_id: str, versions: Iterable[int] = ()
    ) -> pb.Message:
        request = words_api.DeleteMessageRequest(
            conversation_id=conversation_id, message_id=message_id, versions=versions
        )
        reply = await call(self.words.DeleteMessage, request, token=token, seconds=PATIENCE)
        return reply.message

    async def react(
        self, token: str, conversation_id: str, message_id: str, kind: Any, *, on: bool = True
    ) -> pb.Message:
        """Add a reaction, or take it back."""
        if on:
            adding = words_api.AddReactionRequest(
                conversation_id=conversation_id, message_id=message_id, kind=kind
            )
            added = await call(self.words.AddReaction, adding, token=token, seconds=PATIENCE)
            return added.message
        taking = words_api.RemoveReactionRequest(
            conversation_id=conversation_id, message_id=message_id, kind=kind
        )
        taken = await call(self.words.RemoveReaction, taking, token=token, seconds=PATIENCE)
        return taken.message

    async def search(
        self, token: str, query: str, page_token: str = "", size: int = 0
    ) -> words_api.SearchMessagesResponse:
        request = words_api.SearchMessagesRequest(
            query=query, page_token=page_token, page_size=size
        )
        return await call(self.words.SearchMessages, request, token=token, seconds=PATIENCE)

    async def report(
        self, token: str, conversation_id: str, message_id: str = "", text: str = "",
        reason: Any = report_api.REPORT_REASON_HARASSMENT,
    ) -> report_api.CreateReportResponse:  # fmt: skip
        request = report_api.CreateReportRequest(
            conversation_id=conversation_id, message_id=message_id, reason=reason, text=text
        )
        return await call(self.reports.CreateReport, request, token=token, seconds=PATIENCE)

    async def unread(self, token: str) -> receipt_api.GetUnreadResponse:
        return await call(
            self.receipts.GetUnread, receipt_api.GetUnreadRequest(), token=token, seconds=PATIENCE
        )

    async def show_receipts(self, token: str, shown: bool) -> bool:
        request = receipt_api.SetReceiptChoiceRequest(shown=shown)
        await call(self.receipts.SetReceiptChoice, request, token=token, seconds=PATIENCE)
        reply = await call(
            self.receipts.GetReceiptChoice, receipt_api.GetReceiptChoiceRequest(), token=token,
            seconds=PATIENCE,
        )  # fmt: skip
        return reply.shown
