"""What makes a create safe to repeat: who asked, and the id she gave the request (AIP-155)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from common.errors import Invalid

MAX_ID = 64


@dataclass(frozen=True, slots=True)
class Request:
    """A request that may come again."""

    author_id: UUID
    id: str

    def __post_init__(self) -> None:
        """Raise Invalid unless the id can be used."""
        if not 1 <= len(self.id) <= MAX_ID or not self.id.isprintable():
            raise Invalid(
                f"request_id must have 1 to {MAX_ID} printable characters", field="request_id"
            )
