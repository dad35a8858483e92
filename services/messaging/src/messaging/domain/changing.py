"""Changing what was sent: its author may give it other words for a day, and take them out at any
time. The place stays, and what it said is kept for a while, sealed, for who has to look into harm.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from messaging.domain.errors import EditClosed, MessageDeleted, VersionMismatch
from messaging.domain.message import Message, check_text

EDIT_WITHIN = timedelta(hours=24)
MOST_EDITS = 20
"""So that a message's document is bounded: it holds its earlier words."""
TRACE_KEPT = timedelta(days=30)
"""After the last change."""


def edited(message: Message, text: str, at: datetime, versions: Collection[int] = ()) -> Message:
    """The message with other words, or itself where it says so already.

    Raises Invalid, MessageDeleted, VersionMismatch (it is at none of `versions`), EditClosed.
    """
    check_text(text)
    if message.erased:
        raise MessageDeleted("the message is deleted, and has no words to change")
    if message.text == text:
        return message
    _check_version(message, versions)
    if at - message.created_at > EDIT_WITHIN or message.version > MOST_EDITS:
        hours = int(EDIT_WITHIN.total_seconds()) // 3600
        told = f"a message can be changed for {hours} hours, {MOST_EDITS} times; send another one"
        raise EditClosed(told, hours=str(hours), times=str(MOST_EDITS))
    return replace(message, text=text, version=message.version + 1, edited_at=at)


def deleted(message: Message, at: datetime, versions: Collection[int] = ()) -> Message:
    """The message without words, or itself where it has none. Raises VersionMismatch."""
    if message.erased:
        return message
    _check_version(message, versions)
    version = message.version + 1
    return replace(message, text="", version=version, deleted_at=at, reactions=())


def _check_version(message: Message, versions: Collection[int]) -> None:
    if versions and message.version not in versions:
        raise VersionMismatch("the message has changed; read it again")
