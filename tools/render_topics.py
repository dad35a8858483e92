"""Render deploy/topics.yaml as KafkaTopic resources, so that a cluster has the topics a laptop has.

Usage: render_topics.py [--check]. With --check nothing is written; exit 1 if the committed file
differs. Strimzi's topic operator keeps the topics of the Kafka cluster `kith` as rendered.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml
from kith_cli.errors import Stop
from kith_cli.local.topics import Topic, load

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "deploy/k8s/base/kafka/topics.yaml"
HEAD = "# Rendered from deploy/topics.yaml by tools/render_topics.py; change it there.\n"
REPLICAS = 3
IN_SYNC = 2  # with acks=all: an acknowledged record is on two brokers


def main(arguments: Sequence[str], target: Path = TARGET) -> int:
    """Write the resources, or with --check say whether they are stale; the exit code."""
    try:
        fresh = render(load())
    except Stop as error:
        print(f"topics: {error}", file=sys.stderr)
        return 1
    if "--check" not in arguments:
        target.write_text(fresh)
        return 0
    if target.is_file() and target.read_text() == fresh:
        return 0
    print("stale: topics of deploy/k8s; run tools/render_topics.py", file=sys.stderr)
    return 1


def render(topics: Iterable[Topic]) -> str:
    """The file's content: one resource a topic, in the order declared."""
    return HEAD + yaml.safe_dump_all((resource(topic) for topic in topics), sort_keys=False)


def resource(topic: Topic) -> dict[str, Any]:
    """One topic as Strimzi wants it."""
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaTopic",
        "metadata": {
            "name": topic.name,
            "labels": {"strimzi.io/cluster": "kith", "app.kubernetes.io/part-of": "kith"},
        },
        "spec": {
            "partitions": topic.partitions,
            "replicas": REPLICAS,
            "config": {
                **{n: int(v) if n.endswith(".ms") else v for n, v in topic.settings.items()},
                "min.insync.replicas": IN_SYNC,
            },
        },
    }


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
