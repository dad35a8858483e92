"""The frames of the stream, as devices see them: JSON, one object each, with its `type`.

What a device sends:

- `authenticate` first, and again whenever it has a newer token of the same session's member;
  `resume`, the first time, tells how far it is in each conversation it knows
- `send` a message; answered by `sent` or `refused` with the same `id`
- `typing` in a conversation

What it is sent: `ready`, then `message` (in order, without a gap, each once), `changed` (a message
as it is now), `receipt`, `typing`, `conversation` (ask for it anew; 404: it is not hers any more),
`behind` (it goes on to `lastSequence`; ask REST for what lies between), `changes` (something
without a place may have been missed: ask `GET /v1/changed-messages`, as after being away), and the
answers above.

What happens to a group has its place among the messages: a `message` with a `notice`. Who comes in
is told from the notice of it on, whatever its number, and who comes back from that one; what lies
before a conversation's `firstSequence` is not hers and no gap.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from common.errors import DomainError
from kith.messaging.v1 import delivery_service_pb2 as api
from kith.messaging.v1 import messaging_pb2 as pb

from gateway.application.news import News
from gateway.entrypoints.http.messages import Message, ReplyTo, message_of
from gateway.entrypoints.http.problems import problem_of

MAX_FRAME_BYTES = 64 * 1024
MOST_POSITIONS = 1_000
READY = b'{"type":"ready"}'
AUTHENTICATED = b'{"type":"authenticated"}'
CHANGES = b'{"type":"changes"}'
Place = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Positions = Annotated[dict[str, Place], msgspec.Meta(max_length=MOST_POSITIONS)]


class _In(msgspec.Struct, rename="camel", forbid_unknown_fields=True, tag_field="type"):
    pass


class Authenticate(_In, tag="authenticate"):
    """Who it is, and how far it is."""

    access_token: str
    resume: Positions | None = None


class Send(_In, tag="send"):
    """A message to send; `id` is for telling answers apart, and means nothing here."""

    id: Annotated[str, msgspec.Meta(max_length=64)]
    conversation_id: str
    client_message_id: str
    text: str
    reply_to_sequence: ReplyTo = 0


class Typing(_In, tag="typing"):
    """Its member is writing."""

    conversation_id: str


Frame = Authenticate | Send | Typing
_decoder: msgspec.json.Decoder[Frame] = msgspec.json.Decoder(Frame)
_encoder = msgspec.json.Encoder()


class _Shown(msgspec.Struct, rename="camel", omit_defaults=True):
    type: Literal["message", "changed", "receipt", "typing", "conversation", "behind", "sent"]
    id: str = ""
    conversation_id: str = ""
    message: Message | None = None
    member_id: str = ""
    delivered_sequence: int = -1
    read_sequence: int = -1
    last_sequence: int = -1


class NotAFrame(Exception):
    """What a device sent is none of the frames."""


def decode(content: bytes) -> Frame:
    """A frame of a device. Raises NotAFrame."""
    try:
        return _decoder.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise NotAFrame from error


def news_of(delivery: api.Delivery) -> News:
    """What messaging told, as devices are told it."""
    id = delivery.conversation_id
    match delivery.WhichOneof("new"):
        case "arrived":
            message = delivery.arrived
            return News(delivery.subscriptions, id, shown(message), message.sequence)
        case "changed":
            frame = _Shown("changed", message=message_of(delivery.changed))
            return News(delivery.subscriptions, id, _encoder.encode(frame), changed=True)
        case "receipt":
            receipt = delivery.receipt
            frame = _Shown(
                "receipt", conversation_id=id, member_id=receipt.member_id,
                delivered_sequence=receipt.delivered_sequence, read_sequence=receipt.read_sequence,
            )  # fmt: skip
        case "typing_member_id":
            frame = _Shown("typing", conversation_id=id, member_id=delivery.typing_member_id)
        case _:
            return News(delivery.subscriptions, id, anew(id), anew=True)
    return News(delivery.subscriptions, id, _encoder.encode(frame))


def shown(message: pb.Message) -> bytes:
    """A message that was sent."""
    return _encoder.encode(_Shown("message", message=message_of(message)))


def behind(conversation_id: str, last_sequence: int) -> bytes:
    """A conversation goes on to a place."""
    frame = _Shown("behind", conversation_id=conversation_id, last_sequence=last_sequence)
    return _encoder.encode(frame)


def anew(conversation_id: str) -> bytes:
    """Something about a conversation changed."""
    return _encoder.encode(_Shown("conversation", conversation_id=conversation_id))


def sent(id: str, message: pb.Message) -> bytes:
    """What became of a message to send."""
    return _encoder.encode(_Shown("sent", id=id, message=message_of(message)))


def refused(id: str, error: DomainError) -> bytes:
    """Why a message was not sent, as REST says it."""
    problem: Any = problem_of(error)
    return _encoder.encode({"type": "refused", "id": id, "problem": problem})
