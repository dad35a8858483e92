"""A record as Kafka gives it, and what is known of the event in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError, Message

from common.errors import DomainError, Invalid, Kind

_LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class Meta:
    """What is known of an event besides itself."""

    topic: str
    partition: int
    offset: int
    key: str
    id: str
    type: str
    sequence: int
    traceparent: str | None


Handle = Callable[[Any, Meta], Awaitable[None]]
Handlers = Mapping[type[Message], Handle]
Flush = Callable[[], Awaitable[None]]


class FlushFailed(Exception):
    """What was noted since the last commit was not done; it is read again."""


def meta_of(record: Any) -> Meta:
    """Read the headers; whatever they hold, this does not fail."""
    found = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}
    return Meta(
        topic=record.topic, partition=record.partition, offset=record.offset, key=key_of(record),
        id=found.get("ce_id", ""), type=found.get("ce_type", ""),
        sequence=_number(found.get("ce_sequence", "")), traceparent=found.get("traceparent"),
    )  # fmt: skip


def key_of(record: Any) -> str:
    """The key as text."""
    key: bytes = record.key or b""
    return key.decode("utf-8", "replace")


def decode(kind: type[Message], record: Any) -> Message:
    """The event in a record. Raises Invalid or DecodeError."""
    if record.value is None:
        raise Invalid("a record without a value")
    return kind.FromString(record.value)


def is_rejection(error: Exception) -> bool:
    """Whether it is the record that is wrong, for ever."""
    if isinstance(error, DomainError):
        return error.kind is Kind.INVALID
    return isinstance(error, DecodeError)


def reason_of(error: Exception) -> str:
    """Why a record was rejected."""
    return error.reason if isinstance(error, DomainError) else "UNDECODABLE"


def _number(text: str) -> int:
    plain = text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    return int(text) if plain else 0
