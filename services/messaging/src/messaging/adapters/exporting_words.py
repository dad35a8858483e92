"""What was said, for an export: also where some of it cannot be read any more."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from common import log
from common.mongo import Document

from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.message_documents import UNREADABLE, texts_of

logger = log.get(__name__)


async def readable(
    keys: ConversationKeys, network_id: UUID, documents: Sequence[Document]
) -> list[str | None]:
    """What was said; None where it cannot be read any more, which is no reason to keep the
    rest from her. A master key that is missing may come back, so that is raised."""
    try:
        return list(await texts_of(keys, network_id, documents))
    except UNREADABLE:
        return [await _text(keys, network_id, one) for one in documents]


async def _text(keys: ConversationKeys, network_id: UUID, document: Document) -> str | None:
    try:
        [text] = await texts_of(keys, network_id, [document])
    except UNREADABLE as error:
        logger.error(
            "export.unreadable", message_id=str(document["_id"]), problem=type(error).__name__
        )
        return None
    return text
