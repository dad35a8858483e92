"""What a member's records are; a service's part of an export is a list of kinds.

A kind shows only what it names field by field, so that a new field of a document is told when
somebody decided that, and a secret never by accident.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from common.errors import Invalid
from common.mongo import ASCENDING, Database, Document

PAGE = 50
"""So that a page of the longest texts there are fits into one message."""
Value = str | int | float | bool | None | Sequence["Value"] | dict[str, "Value"]
Record = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose records are asked for."""

    network_id: UUID
    member_id: UUID


class Kind(Protocol):
    """One kind of thing that a service holds of a member."""

    @property
    def name(self) -> str:
        """Names it for ever: lower-case words with hyphens."""
        ...

    @property
    def collection(self) -> str:
        """Where its documents lie; what erasure names is told or named in WITHHELD."""
        ...

    @property
    def title(self) -> str:
        """A heading."""
        ...

    @property
    def about(self) -> str:
        """What it is, to its owner, in plain words."""
        ...

    async def page(self, database: Database, whose: Whose, after: str) -> tuple[list[Record], str]:
        """Some records, oldest first, and where to go on: empty at the end.

        `after` is empty at first. It came over the wire, so it may lead nowhere but to records of
        `whose`. Raises Invalid.
        """
        ...


Show = Callable[[Document, Whose], Record | None]
"""What is told of a document; None if that is nothing."""


@dataclass(frozen=True, slots=True)
class Owned:
    """The documents whose `field` is the member, by ascending id."""

    name: str
    collection: str
    title: str
    about: str
    field: str
    show: Show

    async def page(self, database: Database, whose: Whose, after: str) -> tuple[list[Record], str]:
        """See Kind."""
        wanted: dict[str, Any] = {self.field: whose.member_id}
        if after:
            if self.field == "_id":  # there is one
                return [], ""
            wanted["_id"] = {"$gt": cursor_id(after)}
        found = await database.collection(self.collection, whose.network_id).find(
            wanted, sort=[("_id", ASCENDING)], limit=PAGE, projection={"outbox": 0}
        )
        rest = str(found[-1]["_id"]) if len(found) == PAGE else ""
        shown = (self.show(document, whose) for document in found)
        return [record for record in shown if record is not None], rest


def cursor_id(text: str) -> UUID:
    """The id a cursor holds. Raises Invalid."""
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("the page token is from somewhere else", field="page_token") from None


def text_of(at: datetime | None) -> str | None:
    """A time as exports say it: ISO 8601, UTC, milliseconds."""
    if at is None:
        return None
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
