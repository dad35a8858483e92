"""Start community: `python -m community run` serves and relays in one process."""

from __future__ import annotations

import sys

from common import lifecycle

from community.config import Config
from community.wiring import NAME, build

if __name__ == "__main__":
    raise SystemExit(lifecycle.main(NAME, sys.argv[1:], Config.from_env, build))
