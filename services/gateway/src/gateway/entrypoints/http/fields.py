"""How values look in JSON and in addresses: times, enums, pages, and what is sent or answered."""

from __future__ import annotations

import re
from contextvars import ContextVar
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar, cast

import msgspec
from common.clock import from_epoch_millis
from common.errors import Invalid
from common.ids import new_id
from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from litestar.params import PathParameter, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from gateway.entrypoints.http.shapes import ClientId

Text = TypeVar("Text", bound=str)
INT32_MAX, INT64_MAX = 2**31 - 1, 2**63 - 1
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

# The id that follows from the Idempotency-Key of the request being answered.
keyed_id: ContextVar[str] = ContextVar("keyed_id")

Int32 = Annotated[int, Meta(ge=-INT32_MAX - 1, le=INT32_MAX)]
Time = Annotated[
    str, Meta(extra_json_schema={"format": "date-time", "example": "2026-01-31T09:30:00.000Z"})
]
PathId = Annotated[str, PathParameter()]
TimeSent = Annotated[datetime, Meta(tz=True)]
RequestId = Annotated[
    ClientId, Meta(description="Chosen by the client: the same again changes nothing.")
]
PageSize = Annotated[
    int, QueryParameter(name="pageSize", ge=0, le=100, description="At most; 0: as usual.")
]
PageSize50 = Annotated[
    int, QueryParameter(name="pageSize", ge=0, le=50, description="At most; 0: as usual.")
]
PageSize200 = Annotated[
    int, QueryParameter(name="pageSize", ge=0, le=200, description="At most; 0: as usual.")
]
PageSize1000 = Annotated[
    int, QueryParameter(name="pageSize", ge=0, le=1_000, description="At most; 0: as usual.")
]
PageToken = Annotated[
    str, QueryParameter(name="pageToken", description="From the page before; empty for the first.")
]
AsOfTime = Annotated[
    str | None, QueryParameter(name="asOfTime", description="RFC 3339, the time to estimate for.")
]


class Input(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """What a client sends; a field it does not have is a mistake to be told."""


class Output(msgspec.Struct, rename="camel", gc=False):
    """What a client gets."""


class Names(Generic[Text]):
    """The values of a proto enum as lower-case words: ROLE_NETWORK_ADMIN is `network_admin`."""

    def __init__(self, enum: EnumDescriptor) -> None:
        prefix = _HUMP.sub("_", enum.name).upper() + "_"
        self._text = {
            value.number: value.name.removeprefix(prefix).lower() for value in enum.values
        }
        self._number = {text: number for number, text in self._text.items()}

    def text(self, number: int) -> Text:
        """The word of a value; `unspecified` when a newer service knows more of them."""
        return cast(Text, self._text.get(number, "unspecified"))

    def number(self, text: Text) -> Any:
        """The value of a word."""
        return self._number[text]


def time(stamp: Timestamp) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    at = from_epoch_millis(stamp.seconds * 1000 + stamp.nanos // 1_000_000)
    return at.isoformat(timespec="milliseconds")[:-6] + "Z"


def time_if_set(message: Message, field: str) -> str | UnsetType:
    """The time in a field that may be absent."""
    return time(getattr(message, field)) if message.HasField(field) else UNSET


def timestamp(at: datetime, field: str) -> Timestamp:
    """For the wire. Raises Invalid naming `field` when it cannot be told."""
    stamp = Timestamp()
    try:
        stamp.FromDatetime(at)
    except (ValueError, OverflowError):
        raise Invalid(f"{field} is not a time this platform knows", field=field) from None
    return stamp


def timestamp_of(text: str | None, field: str) -> Timestamp | None:
    """A time from an address, None when there is none. Raises Invalid naming `field`."""
    if text is None:
        return None
    try:
        at = msgspec.convert(text, TimeSent)
    except msgspec.ValidationError:
        raise Invalid(f"{field} must be a time as RFC 3339 has it", field=field) from None
    return timestamp(at, field)


def fresh_id() -> str:
    """A request id for a client that gave none, so that at least the gateway may try again.

    It follows from the Idempotency-Key where there is one: a retry then has the same effect even
    when the first try was cut off before its outcome was kept.
    """
    return keyed_id.get("") or str(new_id())
