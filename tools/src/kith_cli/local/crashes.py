"""Tells a process that came back from one that will not: restarts are normal, loops are not."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable

from kith_cli.local.supervisor import Process

WINDOW_SECONDS = 60
# More than a person or a test kills on purpose, less than a process that dies at every start.
RESTARTS_IN_WINDOW = 10


class CrashWatch:
    """Remembers when each process was started last, and how often it was of late."""

    def __init__(self) -> None:
        self._starts: dict[str, deque[int]] = defaultdict(deque)

    def looping(self, processes: Iterable[Process]) -> Process | None:
        """The first process that supervisord gave up on or that keeps being restarted, if any."""
        found = None
        for process in processes:
            self._note(process)
            restarts = len(self._starts[process.name]) - 1
            if found is None and (process.state == "FATAL" or restarts >= RESTARTS_IN_WINDOW):
                found = process
        return found

    def _note(self, process: Process) -> None:
        starts = self._starts[process.name]
        if process.started and (not starts or starts[-1] != process.started):
            starts.append(process.started)
        while starts and starts[0] < process.now - WINDOW_SECONDS:
            starts.popleft()
