"""A network: the tenant everything else belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from common.errors import Invalid

OPERATOR_SLUG = "kith"
"""The network that holds nobody but the platform operator."""
_SLUG = re.compile(r"[a-z0-9-]{2,40}")
_MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class Network:
    """Never changes once it is there."""

    id: UUID
    slug: str
    display_name: str
    time_zone: str
    created_at: datetime

    def __post_init__(self) -> None:
        """Raise Invalid unless slug and name can be used."""
        if not _SLUG.fullmatch(self.slug):
            raise Invalid("slug must be 2 to 40 of a-z, 0-9 and -", field="slug")
        name = self.display_name
        if name != name.strip() or not 1 <= len(name) <= _MAX_NAME or not name.isprintable():
            raise Invalid(
                f"display_name must be 1 to {_MAX_NAME} printable characters without blanks "
                "around them",
                field="display_name",
            )
