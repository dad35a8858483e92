"""Asking messaging for what a device missed, in the name of whoever it belongs to."""

from __future__ import annotations

from collections.abc import Sequence

from common.grpc_client import call
from kith.messaging.v1 import messaging_service_pb2 as api

from gateway.adapters.clients import Services
from gateway.application.catching_up import Fetch
from gateway.entrypoints.frames import shown


def missed(services: Services) -> Fetch:
    """Fetches messages after a place, as frames."""

    async def fetch(
        token: str, conversation_id: str, place: int, size: int
    ) -> Sequence[tuple[int, bytes]]:
        request = api.ListMessagesRequest(
            conversation_id=conversation_id, after_sequence=place, page_size=size, oldest_first=True
        )
        reply = await call(services.messages.ListMessages, request, token=token)
        return [(message.sequence, shown(message)) for message in reply.messages]

    return fetch
