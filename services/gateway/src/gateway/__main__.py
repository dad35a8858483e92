"""Start the gateway: `python -m gateway run` serves both doors and pushes, in one process."""

from __future__ import annotations

import sys

from common import lifecycle

from gateway.config import Config
from gateway.wiring import NAME, build

if __name__ == "__main__":
    raise SystemExit(lifecycle.main(NAME, sys.argv[1:], Config.from_env, build))
