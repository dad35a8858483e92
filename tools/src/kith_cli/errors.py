"""What a person at a terminal is told when something cannot go on: a clear line, no traceback."""

from __future__ import annotations


class Stop(Exception):
    """Ends the command with exit code 1; the message says what happened and what to do."""
