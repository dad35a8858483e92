"""Start signals: `python -m signals run` streams, serves and consumes in one process."""

from __future__ import annotations

import sys

from common import lifecycle

from signals.config import Config
from signals.wiring import NAME, build

if __name__ == "__main__":
    raise SystemExit(lifecycle.main(NAME, sys.argv[1:], Config.from_env, build))
