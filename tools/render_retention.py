"""Render what services and topics declare as docs/retention.md, to be read and reviewed.

Usage: render_retention.py [--check]. With --check nothing is written; exit 1 if the committed file
differs.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from common.retention import THESE, Fate, Rule
from kith_cli.local.programs import SERVICES
from kith_cli.local.topics import load
from kith_cli.retaining import topics
from kith_cli.retaining.kept import expiry

TARGET = Path(__file__).resolve().parents[1] / "docs/retention.md"
HEAD = """\
# How long what is kept

Rendered by tools/render_retention.py from `services/*/src/*/adapters/retention.py` and
`deploy/topics.yaml`; change it there. How it works and why: [ADR 28](adr/0028-retention.md). What
becomes of a member's data when she leaves: [erasure](erasure.md). `kith retention` says what is
true now: how much there is under each rule, the oldest, and what is overdue.

*Until erasure*: it goes, or forgets whose it is, when its member leaves. *Until its end*: what it
serves ends, and the service removes it with that. *Kept*: for good. Everything else the database
removes by itself, within minutes of the time given.

Under a [legal hold](erasure.md#legal-holds) a member's data stay: what ends by erasure, and of what
ends by its age that which says so in the last column; its end is put off to that of the hold. The
others say why not. Records of topics cannot be held: the broker removes them by age, whoever's they
are. What they say is in the collections too (who wrote when to whom, who was where); an order that
names the records themselves is met by a copy, in time.

| service | collection | what | is kept | why | under a hold |
|---|---|---|---|---|---|
"""
TOPICS = """
Records of topics hold ids, enums, numbers and times only. The broker removes whole segments, so a
record may be there for up to a week longer.

| topic | what | is kept |
|---|---|---|
"""


def main(arguments: Sequence[str], target: Path = TARGET) -> int:
    """Write the tables, or with --check say whether they are stale; the exit code."""
    fresh = render()
    if "--check" not in arguments:
        target.write_text(fresh)
        return 0
    if target.is_file() and target.read_text() == fresh:
        return 0
    print("stale: docs/retention.md; run tools/render_retention.py", file=sys.stderr)
    return 1


def render() -> str:
    """The file's content."""
    return HEAD + "".join(_rows()) + TOPICS + "".join(_topics())


def _rows() -> Iterator[str]:
    for service in SERVICES:
        rules: Sequence[Rule] = importlib.import_module(f"{service}.adapters.retention").RULES
        for rule in rules:
            yield _row(service, rule)
    yield _row("every service", THESE)


def _row(service: str, rule: Rule) -> str:
    kept = expiry(f"`{rule.since}`", rule.after) if rule.fate is Fate.EXPIRES else str(rule.fate)
    place = f"{service} | `{rule.collection}`"
    return f"| {place} | {rule.kind} | {kept} | {rule.why} | {_under_hold(rule)} |\n"


def _under_hold(rule: Rule) -> str:
    held = rule.whose or rule.fate is Fate.ERASURE
    return rule.unheld or ("stays" if held else "–")


def _topics() -> Iterator[str]:
    for topic in load():
        yield f"| `{topic.name}` | {topic.holds} | {topics.rule(topic)} |\n"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
