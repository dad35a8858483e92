"""Who brings a history in is told before the first of its messages is stored, and once.

So there may be an entry of what then failed, and never a message without it, whenever the process
is killed. A stream that brings nothing new tells nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Import:
    """A stream of rows: from which source, by whom, and since when."""

    id: UUID
    source: str
    by: UUID
    at: datetime


class Imports(Protocol):
    """What was brought into one network."""

    async def begin(self, begun: Import) -> None:
        """Store it with its event in one write; once it is there nothing changes. May raise."""
        ...


class Begin:
    """Tells of one stream, the first time it is called; later calls do nothing."""

    def __init__(self, imports: Imports, begun: Import) -> None:
        self._imports = imports
        self._begun = begun
        self._told = False
        self._telling = asyncio.Lock()

    async def __call__(self) -> None:
        """Return when it is stored. Raises what the database raises: then nothing may follow."""
        async with self._telling:
            if not self._told:
                await self._imports.begin(self._begun)
                self._told = True
