"""Where things lie in the workspace, so that no other module counts parent folders."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TOOLS = ROOT / ".tools"
TOPICS = ROOT / "deploy" / "topics.yaml"
JARS_LOCK = ROOT / "tools" / "jgo.lock.toml"
STRONGER_TOGETHER = (
    ROOT / "services/programs/src/programs/adapters/library" / "stronger_together.json"
)
