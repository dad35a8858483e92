"""Services know each other by what they sign, not by the port they reach."""

from __future__ import annotations

import re

import grpc
import httpx
from kith.identity.v1 import identity_service_pb2 as identity
from kith.identity.v1 import identity_service_pb2_grpc as identity_grpc

from tests.integration.conftest import MakeSystem
from tests.integration.system import System, wait_for

WRONG = {"network": "kith", "email": "nobody@example.org", "password": "not the password"}
COUNTER = re.compile(r'^kith_identity_strangers_total\{said="address"\} (\S+)$', re.MULTILINE)


def test_who_reaches_identitys_port_does_not_say_where_clients_are(
    make_system: MakeSystem,
) -> None:
    system = make_system()
    system.start(["identity", "gateway"])
    url = system.settings.gateway_url

    assert httpx.post(f"{url}/v1/sessions", json=WRONG).status_code == 401
    assert strangers(system) == 0
    answers = stranger(system, attempts=32)
    assert answers[:31] == [grpc.StatusCode.UNAUTHENTICATED] * 31
    assert answers[31] is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert strangers(system) == 32

    impostor = str(system.secrets.service_key("community"))
    system.told["gateway"] = {"KITH_SERVICE_KEY_FILE": impostor}
    system.kill("gateway")
    assert "keys" in wait_for(lambda: problems(url))
    refused = httpx.post(f"{url}/v1/sessions", json=WRONG | {"email": "another@example.org"})
    assert refused.status_code == 503


def stranger(system: System, attempts: int) -> list[grpc.StatusCode]:
    """The answers to somebody at the port who claims another address each time."""
    found: list[grpc.StatusCode] = []
    with grpc.insecure_channel(system.settings.grpc("identity")) as channel:
        stub = identity_grpc.SessionServiceStub(channel)
        for number in range(attempts):
            request = identity.CreateSessionRequest(**WRONG | {"email": f"m{number}@example.org"})
            claim = (("kith-client-address", f"198.51.100.{number}"),)
            try:
                stub.CreateSession(request, metadata=claim, timeout=10.0)
            except grpc.RpcError as error:
                found.append(error.code())
    return found


def strangers(system: System) -> float:
    """How many claims identity has ignored."""
    text = httpx.get(f"http://{system.settings.http('identity')}/metrics").text
    counted = COUNTER.search(text)
    return float(counted[1]) if counted else 0.0


def problems(url: str) -> dict[str, str]:
    """What keeps the gateway from being ready, once it answers."""
    try:
        answer = httpx.get(f"{url}/readyz")
    except httpx.TransportError:
        return {}
    found: dict[str, str] = answer.json().get("problems", {})
    return found
