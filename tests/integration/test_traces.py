"""One trace crosses every hop: HTTP, gRPC, Kafka and the consumers behind it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import MakeSystem
from tests.integration.system import wait_for

EDGES = [
    ("gateway", "messaging"),  # gRPC
    ("messaging", "signals"),  # Kafka: activity.member.v1
]
SEND = "POST /v1/conversations/{conversation_id}/messages"
DELIVERY = "messaging.delivery.v1 kith.messaging.events.v1.DeliveryDue"
READ_MODEL = "signals.readmodel.v1 kith.signals.events.v1.MemberSignalUpdated"


@pytest.mark.timeout(360)
def test_a_message_is_one_trace_from_the_door_to_its_delivery_and_its_signal(
    make_system: MakeSystem, tmp_path: Path, network: str
) -> None:
    system = make_system()
    services = ("identity", "messaging", "signals", "gateway")
    system.traces = {name: tmp_path / f"{name}.jsonl" for name in services}
    system.start(services)
    admin = system.admin(network)
    ana, ben = (system.member(admin, network, handle) for handle in ("ana", "ben"))
    talk = ana.post_when_known("/v1/conversations", {"memberId": ben.member_id})
    ana.put("/v1/consents/signals", {"granted": True})
    ana.post(f"/v1/conversations/{talk['id']}/messages", {"clientMessageId": "1", "text": "Hello"})

    def spans() -> list[dict[str, Any]]:
        return [span for path in system.traces.values() for span in _spans(path)]

    wait_for(lambda: set(EDGES) <= _edges(spans()))
    wait_for(lambda: _traces(spans(), READ_MODEL) & _traces(spans(), SEND))
    wait_for(lambda: _traces(spans(), DELIVERY) & _traces(spans(), SEND))


def _spans(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    complete = path.read_text().rpartition("\n")[0]
    return [json.loads(line) for line in complete.splitlines() if line]


def _edges(spans: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Pairs of services of which the second has a span whose parent is a span of the first."""
    owner = {span["context"]["span_id"]: _service(span) for span in spans}
    return {
        (owner[span["parent_id"]], _service(span))
        for span in spans
        if span["parent_id"] in owner and owner[span["parent_id"]] != _service(span)
    }


def _traces(spans: list[dict[str, Any]], name: str) -> set[str]:
    """The traces in which something of this name happened."""
    return {span["context"]["trace_id"] for span in spans if span["name"] == name}


def _service(span: dict[str, Any]) -> str:
    return str(span["resource"]["attributes"]["service.name"])
