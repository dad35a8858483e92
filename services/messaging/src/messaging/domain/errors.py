"""The refusals messaging knows, each with a stable reason."""

from __future__ import annotations

from common.errors import Conflict, Invalid, NotFound


class ConversationNotFound(NotFound):
    """No such conversation that the caller takes part in."""

    reason = "CONVERSATION_NOT_FOUND"


class MemberNotFound(NotFound):
    """No such member in the caller's network."""

    reason = "MEMBER_NOT_FOUND"


class MessageNotFound(NotFound):
    """There is no message with this sequence number in the conversation."""

    reason = "MESSAGE_NOT_FOUND"


class MessageIdReused(Conflict):
    """The client message id (or row of a source) belongs to a message with other content."""

    reason = "MESSAGE_ID_REUSED"


class ImportRowInvalid(Invalid):
    """A row of an imported history cannot be taken; the rows before it are kept."""

    reason = "IMPORT_ROW_INVALID"
