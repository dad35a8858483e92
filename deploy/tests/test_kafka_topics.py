"""The topics of a cluster are those of deploy/topics.yaml, and as the services expect them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from kith_cli.local.topics import load

from deploy.tests.manifests import BASE, K8S, Document, documents
from tools.render_topics import TARGET, main, resource

DECLARED = yaml.safe_load((K8S.parent / "topics.yaml").read_text())
NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


@pytest.fixture
def rendered() -> dict[str, Document]:
    """The committed resources, by name."""
    assert TARGET.is_relative_to(BASE)
    return {document["metadata"]["name"]: document for document in documents(TARGET)}


def test_the_committed_file_is_fresh() -> None:
    assert main(["--check"]) == 0, "run tools/render_topics.py"


def test_a_stale_file_is_noticed_and_left_alone(tmp_path: Path) -> None:
    stale = tmp_path / "topics.yaml"
    stale.write_text(TARGET.read_text() + "\n")

    assert main(["--check"], stale) == 1
    assert stale.read_text() != TARGET.read_text()
    assert main([], stale) == 0
    assert main(["--check"], stale) == 0


def test_a_missing_file_is_stale(tmp_path: Path) -> None:
    assert main(["--check"], tmp_path / "topics.yaml") == 1


def test_every_topic_and_every_dead_letter_topic_is_there(rendered: dict[str, Document]) -> None:
    letters = {f"{group}.dlq" for group in DECLARED["dead_letters"]["groups"]}

    assert rendered.keys() == {topic["name"] for topic in DECLARED["topics"]} | letters


def test_names_are_names_in_kubernetes_too(rendered: dict[str, Document]) -> None:
    for name in rendered:
        assert NAME.fullmatch(name), name
        assert len(name) <= 249


def test_each_is_as_it_is_made_on_a_laptop(rendered: dict[str, Document]) -> None:
    for topic in load():
        assert rendered[topic.name] == resource(topic)
        spec = rendered[topic.name]["spec"]
        assert spec["partitions"] == topic.partitions
        assert spec["config"]["cleanup.policy"] == topic.cleanup
        assert spec["config"]["retention.ms"] == topic.retention_ms


def test_a_member_s_state_is_kept_where_its_activities_come_from(
    rendered: dict[str, Document],
) -> None:
    read, kept = rendered["activity.member.v1"], rendered["signals.state.v1-members-changelog"]

    assert read["spec"]["partitions"] == kept["spec"]["partitions"]


def test_the_stream_s_table_is_kept_for_ever(rendered: dict[str, Document]) -> None:
    config = rendered["signals.state.v1-members-changelog"]["spec"]["config"]

    assert config["cleanup.policy"] == "compact"
    assert config["retention.ms"] == -1


def test_what_is_acknowledged_survives_the_loss_of_a_broker(rendered: dict[str, Document]) -> None:
    for document in rendered.values():
        assert 2 <= document["spec"]["config"]["min.insync.replicas"] < document["spec"]["replicas"]
