"""Start programs: `python -m programs run` serves, relays and consumes in one process."""

from __future__ import annotations

import sys

from common import lifecycle

from programs.config import Config
from programs.wiring import NAME, build

if __name__ == "__main__":
    raise SystemExit(lifecycle.main(NAME, sys.argv[1:], Config.from_env, build))
