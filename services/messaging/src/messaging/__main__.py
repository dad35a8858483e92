"""Start messaging: `python -m messaging run` serves, relays and consumes in one process."""

from __future__ import annotations

import sys

from common import lifecycle

from messaging.config import Config
from messaging.wiring import NAME, build

if __name__ == "__main__":
    raise SystemExit(lifecycle.main(NAME, sys.argv[1:], Config.from_env, build))
