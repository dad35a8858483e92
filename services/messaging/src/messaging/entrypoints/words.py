"""The gRPC service of what can be done with messages that were sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Protocol
from uuid import UUID

from common import auth
from common.clock import Clock
from common.errors import Invalid
from common.grpc_server import Context
from common.ids import parse_id
from kith.messaging.v1 import messaging_pb2 as pb
from kith.messaging.v1 import words_service_pb2 as api
from kith.messaging.v1 import words_service_pb2_grpc as grpc_api

from messaging.adapters.mongo import Networks
from messaging.application.change_message import change_message
from messaging.application.changed_since import changed_since
from messaging.application.ports import Network
from messaging.application.react import react, unreact
from messaging.application.search import Place, search
from messaging.application.withholding import Withheld
from messaging.domain.changing import deleted, edited
from messaging.domain.message import Message
from messaging.domain.reaction import ReactionKind
from messaging.domain.roster import Notice
from messaging.domain.searching import Query
from messaging.entrypoints.telling import page_size, time_of, timestamp

KINDS = {
    pb.REACTION_KIND_HEART: ReactionKind.HEART, pb.REACTION_KIND_HUG: ReactionKind.HUG,
    pb.REACTION_KIND_THANKS: ReactionKind.THANKS, pb.REACTION_KIND_SAME: ReactionKind.SAME,
    pb.REACTION_KIND_STRENGTH: ReactionKind.STRENGTH,
}  # fmt: skip
NUMBERS = {kind: number for number, kind in KINDS.items()}


class Verb(Protocol):
    """Reacting, or taking it back."""

    async def __call__(
        self, network: Network, access: auth.Access, *, conversation_id: UUID, message_id: UUID,
        kind: ReactionKind, at: datetime,
    ) -> Message: ...  # fmt: skip


class WordsService(grpc_api.WordsServiceServicer):
    """See protos/kith/messaging/v1/words_service.proto."""

    def __init__(self, networks: Networks, clock: Clock) -> None:
        self._networks = networks
        self._clock = clock

    async def EditMessage(
        self, request: api.EditMessageRequest, context: Context
    ) -> api.EditMessageResponse:
        change = partial(edited, text=request.text, at=self._clock.now(), versions=request.versions)
        message = await self._changed(request, change)
        return api.EditMessageResponse(message=message_of(message))

    async def DeleteMessage(
        self, request: api.DeleteMessageRequest, context: Context
    ) -> api.DeleteMessageResponse:
        change = partial(deleted, at=self._clock.now(), versions=request.versions)
        message = await self._changed(request, change)
        return api.DeleteMessageResponse(message=message_of(message))

    async def AddReaction(
        self, request: api.AddReactionRequest, context: Context
    ) -> api.AddReactionResponse:
        return api.AddReactionResponse(message=message_of(await self._reacted(request, react)))

    async def RemoveReaction(
        self, request: api.RemoveReactionRequest, context: Context
    ) -> api.RemoveReactionResponse:
        return api.RemoveReactionResponse(message=message_of(await self._reacted(request, unreact)))

    async def SearchMessages(
        self, request: api.SearchMessagesRequest, context: Context
    ) -> api.SearchMessagesResponse:
        caller = auth.current()
        size = page_size(request.page_size, default=20, most=50)
        start = _place(request.page_token) if request.page_token else None
        query = Query.of(request.query)
        found = await search(
            self._networks.of(caller.network_id), caller.subject, query, start, size
        )
        rest = f"{found.rest.opened_id}/{found.rest.sequence}" if found.rest else ""
        return api.SearchMessagesResponse(
            messages=map(message_of, found.messages), next_page_token=rest
        )

    async def ListChangedMessages(
        self, request: api.ListChangedMessagesRequest, context: Context
    ) -> api.ListChangedMessagesResponse:
        caller, now = auth.current(), self._clock.now()
        since = time_of(request.since_time, "since_time")
        network = self._networks.of(caller.network_id)
        found = await changed_since(network, caller.subject, since, now)
        return api.ListChangedMessagesResponse(
            messages=map(message_of, found.messages),
            conversation_ids=map(str, found.conversation_ids), as_of_time=timestamp(now),
        )  # fmt: skip

    async def _reacted(
        self, request: api.AddReactionRequest | api.RemoveReactionRequest, verb: Verb
    ) -> Message:
        access = auth.access()
        return await verb(
            self._networks.of(access.caller.network_id), access,
            conversation_id=parse_id(request.conversation_id, "conversation_id"),
            message_id=parse_id(request.message_id, "message_id"), kind=_kind(request.kind),
            at=self._clock.now(),
        )  # fmt: skip

    async def _changed(
        self, request: api.EditMessageRequest | api.DeleteMessageRequest,
        change: Callable[[Message], Message],
    ) -> Message:  # fmt: skip
        access = auth.access()
        return await change_message(
            self._networks.of(access.caller.network_id), access,
            conversation_id=parse_id(request.conversation_id, "conversation_id"),
            message_id=parse_id(request.message_id, "message_id"), change=change,
        )  # fmt: skip


def _place(token: str) -> Place:
    """Where a search goes on; a made-up one leads nowhere but into her own conversations."""
    opened, _, sequence = token.partition("/")
    if not (sequence.isascii() and sequence.isdecimal() and len(sequence) < 19):
        raise Invalid("the page token is from somewhere else", field="page_token")
    id = parse_id(opened, "page_token")
    if not 0 < id.int < 2**128 - 1:
        raise Invalid("the page token is from somewhere else", field="page_token")
    return Place(id, int(sequence))


def _kind(kind: pb.ReactionKind.ValueType) -> ReactionKind:
    if kind not in KINDS:
        raise Invalid("kind must be one of the reactions there are", field="kind")
    return KINDS[kind]


def message_of(message: Message | Withheld) -> pb.Message:
    """A message as it is told; the place of one that is withheld."""
    if isinstance(message, Withheld):
        return pb.Message(
            conversation_id=str(message.conversation_id), sequence=message.sequence, withheld=True
        )
    return pb.Message(
        id=str(message.id), conversation_id=str(message.conversation_id),
        sequence=message.sequence, sender_id=str(message.sender_id),
        client_message_id="" if message.notice else message.client_message_id, text=message.text,
        create_time=timestamp(message.created_at), imported=message.imported,
        reply_to_sequence=message.reply_to, version=message.version,
        edit_time=timestamp(message.edited_at) if message.edited_at else None,
        delete_time=timestamp(message.deleted_at) if message.deleted_at else None,
        reactions=[
            pb.Reaction(member_id=str(one.member_id), kind=NUMBERS[one.kind])
            for one in message.reactions
        ],
        notice=_notice_of(message.notice) if message.notice else None,
    )  # fmt: skip


def _notice_of(notice: Notice) -> pb.Notice:
    return pb.Notice(
        kind=pb.NoticeKind.Value(f"NOTICE_KIND_{notice.kind.name}"),
        member_ids=[str(id) for id in notice.member_ids], title=notice.title,
    )  # fmt: skip
