"""Start identity: `python -m identity run` serves and relays in one process."""

from __future__ import annotations

import sys

from common import lifecycle

from identity.config import Config
from identity.wiring import NAME, build

if __name__ == "__main__":
    raise SystemExit(lifecycle.main(NAME, sys.argv[1:], Config.from_env, build))
