"""Where reports are kept; the port is bound to one network."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from messaging.domain.report import Report


class Reports(Protocol):
    """The reports of one network."""

    async def add(self, report: Report) -> datetime:
        """Store a report with its context and its event in one write, unless there is one with this
        id; when the one that is kept was made."""
        ...
