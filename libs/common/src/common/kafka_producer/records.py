"""What is published: a record with CloudEvents attributes in its headers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from common.clock import from_epoch_millis

Headers = Sequence[tuple[str, bytes]]
CONTENT_TYPE = b"application/protobuf"
_VERSION = ("ce_specversion", b"1.0")


@dataclass(frozen=True, slots=True)
class Record:
    """What to publish, and where; no value is a tombstone, for a compacted topic."""

    topic: str
    key: str
    value: bytes | None
    headers: Headers


def headers(*, id: UUID, type: str, source: str, sequence: int, traceparent: str | None) -> Headers:
    """CloudEvents attributes in Kafka's binary content mode (Kafka protocol binding 1.0.2 §3.2).

    `ce_time` is the time in the UUIDv7 `id`: when the event was written, or what a derived id says.
    """
    made = [
        _VERSION,
        ("ce_id", str(id).encode()),
        ("ce_type", type.encode()),
        ("ce_source", source.encode()),
        ("ce_time", _rfc3339(id.int >> 80)),
        ("ce_sequence", str(sequence).encode()),
        ("content-type", CONTENT_TYPE),
    ]
    if traceparent:
        made.append(("traceparent", traceparent.encode()))
    return made


@lru_cache(1_000)  # the events of a write are of one time
def _rfc3339(millis: int) -> bytes:
    at = from_epoch_millis(millis).isoformat(timespec="milliseconds")
    return at.replace("+00:00", "Z").encode()
