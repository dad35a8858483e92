"""The import stream: check every row where it stands, take the good ones before a bad one."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from common.clock import from_epoch_millis
from common.errors import DomainError, Invalid
from common.ids import new_id, parse_id
from kith.messaging.v1 import messaging_pb2 as pb
from kith.messaging.v1 import messaging_service_pb2 as api

from messaging.application.bring_in import Begin, Import, Imports
from messaging.application.import_messages import Imported, Row, conversation_for, import_messages
from messaging.application.ports import Network
from messaging.application.tails import Tails
from messaging.domain.errors import ImportRowInvalid
from messaging.domain.message import Draft

MAX_BATCH = 1_000
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
CLOCKS_DIFFER = timedelta(minutes=1)  # signals gives up on activities from the future
_SOURCE = re.compile(r"[a-z0-9-]{2,40}")


async def take_stream(
    network: Network, tails: Tails, stream: AsyncIterator[api.ImportMessagesRequest],
    imports: Imports, by: UUID, now: datetime,
) -> Imported:  # fmt: skip
    """Take batch after batch; what was taken stays taken when a later row is bad. That `by` brings
    something in is told to `imports` first.

    Raises Invalid (source or batch), ImportRowInvalid, and what import_messages raises.
    """
    created = existing = 0
    source, id = "", new_id()
    begin: Begin | None = None
    async for batch in stream:
        source = _source(batch, source)
        begin = begin or Begin(imports, Import(id, source, by, now))
        rows, problem = _rows(network, source, batch.messages, now + CLOCKS_DIFFER)
        done = await import_messages(network, tails, rows, begin)
        created, existing = created + done.created, existing + done.existing
        if problem is not None:
            raise problem
    return Imported(created, existing)


def _source(batch: api.ImportMessagesRequest, before: str) -> str:
    if not _SOURCE.fullmatch(batch.source):
        raise Invalid("source must be 2 to 40 of a-z, 0-9 and -", field="source")
    if before and batch.source != before:
        raise Invalid("source must be the same in every batch of a stream", field="source")
    if len(batch.messages) > MAX_BATCH:
        raise Invalid(f"a batch has at most {MAX_BATCH} messages", field="messages")
    return batch.source


def _rows(
    network: Network, source: str, messages: Iterable[pb.ImportedMessage], latest: datetime
) -> tuple[list[Row], ImportRowInvalid | None]:
    """The good rows before the first bad one, and what is wrong with that one."""
    rows: list[Row] = []
    for message in messages:
        try:
            rows.append(_row(network, source, message, latest))
        except DomainError as error:
            field = error.metadata.get("field", "")
            text = f"row {message.row}: {error.message}"
            return rows, ImportRowInvalid(text, row=str(message.row), field=field)
    return rows, None


def _row(network: Network, source: str, message: pb.ImportedMessage, latest: datetime) -> Row:
    if message.row < 1:
        raise Invalid("row counts from 1", field="row")
    draft = Draft(
        sender_id=parse_id(message.sender_id, "sender_id"),
        client_message_id=f"{source}:{message.row}",
        text=message.text,
        created_at=_time(message, latest),
        imported=True,
    )
    recipient = parse_id(message.recipient_id, "recipient_id")
    conversation = conversation_for(network.id, draft, recipient)
    return Row(message.row, source, conversation, draft)


def _time(message: pb.ImportedMessage, latest: datetime) -> datetime:
    stamp = message.create_time
    try:
        at = from_epoch_millis(stamp.seconds * 1000 + stamp.nanos // 1_000_000)
    except (OverflowError, ValueError, OSError):
        at = EARLIEST
    if not EARLIEST < at <= latest:
        raise Invalid("create_time must be a time after 1990, not to come", field="create_time")
    return at
