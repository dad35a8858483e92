"""What a person at a terminal is told when something cannot go on: a clear line, no traceback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Stop(Exception):
    """Ends the command with exit code 1; the message says what happened and what to do."""


class Refused(Exception):
    """The API refused a request; `reason` is the stable name of why."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.reason = str(problem.get("reason", "UNKNOWN"))
        self.detail = str(problem.get("detail") or problem.get("title") or self.reason)
        self.metadata = dict(problem.get("metadata") or {})
        super().__init__(f"{self.reason}: {self.detail}")
