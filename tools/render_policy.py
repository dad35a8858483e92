"""Render the policy's table as docs/policy.md, so that who may do what can be read and reviewed.

Usage: render_policy.py [--check]. With --check nothing is written; exit 1 if the committed file
differs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from policy.describe import table

TARGET = Path(__file__).resolve().parents[1] / "docs/policy.md"


def main(arguments: Sequence[str], target: Path = TARGET) -> int:
    """Write the table, or with --check say whether it is stale; the exit code."""
    if "--check" not in arguments:
        target.write_text(table())
        return 0
    if target.is_file() and target.read_text() == table():
        return 0
    print("stale: docs/policy.md; run tools/render_policy.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
