"""Turns Ctrl-C, SIGTERM and a closed terminal into one orderly stop, whenever they come."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Somebody asked the command to end; unwinds like KeyboardInterrupt, once."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Within, the first signal raises Interrupted; later ones do not disturb the tidying up."""
    before = {number: signal.signal(number, _interrupt) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    for other in STOPPING:
        signal.signal(other, signal.SIG_IGN)
    raise Interrupted
