"""A message and its place in the conversation: the sequence has no gap, and turns tell who
answered whom and how fast."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from common.errors import Invalid

from messaging.domain.errors import MessageNotFound
from messaging.domain.reaction import Reaction
from messaging.domain.roster import Notice, Roster

MAX_TEXT = 4_000
MAX_CLIENT_ID = 64
ANSWER_WITHIN = timedelta(hours=48)
"""After this a turn counts as unanswered (science.md: reply latency is censored at 48 h)."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a sender hands in."""

    sender_id: UUID
    client_message_id: str
    text: str
    created_at: datetime
    imported: bool = False
    reply_to: int = 0

    def __post_init__(self) -> None:
        """Raise Invalid unless text, client message id and reply_to are within their limits."""
        check_text(self.text)
        given = self.client_message_id
        if not 1 <= len(given) <= MAX_CLIENT_ID or not given.isprintable():
            raise Invalid(
                f"client_message_id must have 1 to {MAX_CLIENT_ID} printable characters",
                field="client_message_id",
            )
        if self.reply_to < 0:
            raise Invalid("reply_to_sequence must not be negative", field="reply_to_sequence")


def check_text(text: str) -> None:
    """Raise Invalid unless this may be a message's text."""
    if not text.strip() or len(text) > MAX_TEXT:
        raise Invalid(f"text must have 1 to {MAX_TEXT} characters", field="text")
    if "\x00" in text:
        raise Invalid("text must not contain the character U+0000", field="text")


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of a conversation: all that the next message depends on. `sender_id` is who spoke
    last, None for nobody yet; `roster_at` is the place of the roster that holds, 0 for a pair."""

    sequence: int
    sender_id: UUID | None
    turn_at: datetime
    roster_at: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """A message in its place, or a notice, which has no words and is nobody's to change."""

    id: UUID
    conversation_id: UUID
    sequence: int
    sender_id: UUID
    client_message_id: str
    text: str
    created_at: datetime
    turn_at: datetime
    imported: bool = False
    reply_to: int = 0
    version: int = 1
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    reactions: tuple[Reaction, ...] = ()
    roster_at: int = 0
    notice: Notice | None = None

    @property
    def tail(self) -> Tail:
        """The end of the conversation once this message is in it."""
        spoke = self.sender_id if self.notice is None else self.notice.spoke
        return Tail(self.sequence, spoke, self.turn_at, self.roster_at)

    @property
    def erased(self) -> bool:
        """Whether only its place is left: it was deleted, or its sender has gone."""
        return not self.text

    @property
    def changed_at(self) -> datetime:
        """When it last changed, or was written."""
        return self.deleted_at or self.edited_at or self.created_at

    def says(self, draft: Draft) -> bool:
        """Whether `draft` is this message again: of one that was changed since, what it said first
        is not compared any more."""
        return (
            (self.text == draft.text or self.version > 1)
            and self.sender_id == draft.sender_id
            and self.imported == draft.imported
            and self.reply_to == draft.reply_to
            and (not self.imported or self.created_at == draft.created_at)
        )


@dataclass(frozen=True, slots=True)
class Placed:
    """A new message and what it means for the talk.

    `opens_turn`: it awaits an answer. `answered`/`reply_latency`: whose turn it answers, and how
    long she waited since that turn began. `to`: in a group, to whom it is said, if to anybody.
    `asked`: who was asked into the group before this notice, and whose devices hear of it with it.
    """

    message: Message
    opens_turn: bool
    answered: UUID | None
    reply_latency: timedelta | None
    to: UUID | None = None
    asked: tuple[UUID, ...] = ()


def place(draft: Draft, id: UUID, conversation_id: UUID, tail: Tail | None) -> Placed:
    """Put a draft behind `tail` (None: the first message).

    Raises MessageNotFound if what it answers is not there: the sequence has no gap, so a number
    that has been given is a message.
    """
    if draft.reply_to > (tail.sequence if tail else 0):
        text = "there is no message with this number to reply to"
        raise MessageNotFound(text, field="reply_to_sequence")
    answers = tail is not None and tail.sender_id not in (None, draft.sender_id)
    waited = draft.created_at - tail.turn_at if tail else timedelta(0)
    opens = tail is None or tail.sender_id is None or answers or waited > ANSWER_WITHIN
    message = Message(
        id=id,
        conversation_id=conversation_id,
        sequence=tail.sequence + 1 if tail else 1,
        sender_id=draft.sender_id,
        client_message_id=draft.client_message_id,
        text=draft.text,
        created_at=draft.created_at,
        turn_at=draft.created_at if opens or tail is None else tail.turn_at,
        imported=draft.imported,
        reply_to=draft.reply_to,
        roster_at=tail.roster_at if tail else 0,
    )
    if tail is None or not answers or waited < timedelta(0):
        return Placed(message, opens, None, None)
    return Placed(message, opens, tail.sender_id, waited)


def place_among(
    draft: Draft, id: UUID, conversation_id: UUID, tail: Tail, roster: Roster, said_to: UUID | None
) -> Placed:
    """The same in a group with this roster; `said_to` wrote what the draft names, if it names any.

    Whoever speaks next answers a turn, as in a pair, so each is answered once at most; nobody is
    told of an answer who is not there any more.
    """
    placed = place(draft, id, conversation_id, tail)
    if placed.answered is not None and roster.since(placed.answered) is None:
        placed = replace(placed, answered=None, reply_latency=None)
    to = placed.answered if said_to in (None, draft.sender_id) else said_to
    return replace(placed, to=to)


def place_notice(notice: Notice, id: UUID, conversation_id: UUID, by: UUID, at: datetime,
                 tail: Tail | None) -> Placed:  # fmt: skip
    """Put a notice behind `tail`, with the roster it begins. Whose turn it is stays as it was."""
    notice = replace(notice, spoke=tail.sender_id if tail else None)
    message = Message(
        id=id, conversation_id=conversation_id, sequence=notice.roster.at, sender_id=by,
        client_message_id=str(id), text="", created_at=at, turn_at=tail.turn_at if tail else at,
        roster_at=notice.roster.at, notice=notice,
    )  # fmt: skip
    return Placed(message, False, None, None)
