"""One command prepares what several need; the others wait and find it done."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kith_cli.errors import Stop

PATIENCE_SECONDS = 600


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock on the file; it falls when the process ends, however it ends. Raises Stop."""
    with path.open("w") as handle:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Stop(
                        f"Another command has held {path} for ten minutes; end it."
                    ) from None
                time.sleep(0.1)
        yield
