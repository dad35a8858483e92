"""The refusals messaging knows, each with a stable reason."""

from __future__ import annotations

from common.errors import Conflict, Forbidden, Invalid, NotFound, Precondition


class ConversationNotFound(NotFound):
    """No such conversation that the caller takes part in."""

    reason = "CONVERSATION_NOT_FOUND"


class MemberNotFound(NotFound):
    """No such member in the caller's network."""

    reason = "MEMBER_NOT_FOUND"


class MessageNotFound(NotFound):
    """There is no such message in the conversation, or none of the caller's."""

    reason = "MESSAGE_NOT_FOUND"


class MessageIdReused(Conflict):
    """The client message id (or row of a source) belongs to a message with other content."""

    reason = "MESSAGE_ID_REUSED"


class ImportRowInvalid(Invalid):
    """A row of an imported history cannot be taken; the rows before it are kept."""

    reason = "IMPORT_ROW_INVALID"


class ConversationNotRequested(Precondition):
    """There is no request to decline: the caller has agreed to this conversation."""

    reason = "CONVERSATION_NOT_REQUESTED"


class AnswerAwaited(Precondition):
    """A request holds three messages; more can be written once the other has accepted."""

    reason = "ANSWER_AWAITED"


class BlocksFull(Precondition):
    """A member blocks as many as she can: unblock somebody first."""

    reason = "BLOCKS_FULL"


class MessageDeleted(Precondition):
    """The message has no words any more."""

    reason = "MESSAGE_DELETED"


class EditClosed(Precondition):
    """It is too late to change the message, or it was changed too often."""

    reason = "EDIT_CLOSED"


class VersionMismatch(Conflict):
    """The message is at none of the versions that the caller named."""

    reason = "VERSION_MISMATCH"


class ReactionsFull(Precondition):
    """The message has as many reactions as it can hold."""

    reason = "REACTIONS_FULL"


class CircleNotFound(NotFound):
    """No such circle that the caller is in, as far as messaging has heard."""

    reason = "CIRCLE_NOT_FOUND"


class NotAGroup(Precondition):
    """This is done to groups, and the conversation is of two members, or the room of a circle."""

    reason = "NOT_A_GROUP"


class NotAHost(Forbidden):
    """Hosts of the group may, and the caller is none."""

    reason = "NOT_A_HOST"


class GroupFull(Precondition):
    """There is no room for so many."""

    reason = "GROUP_FULL"


class GroupIdReused(Conflict):
    """The client group id belongs to a group with another title, or that the caller has left."""

    reason = "GROUP_ID_REUSED"
