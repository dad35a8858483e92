"""Who means harm at the front door, on a running system: others do not feel it, and nothing of it
stays."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from gateway.adapters.descriptors import raise_descriptors
from gateway.entrypoints.http.request import BODY_SECONDS
from kith_cli.client import Kith
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.integration.conftest import MakeSystem
from tests.integration.system import PASSWORD, System, wait_for

pytestmark = pytest.mark.timeout(480)
OPENED, SOURCES = 10_000, 10
SLOW = 200
OF_ONE = 3_000
HEAD = b"GET /v1/feed HTTP/1.1\r\nhost: kith\r\n"
UPGRADE = (
    b"GET /v1/stream HTTP/1.1\r\nhost: kith\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: the connection is reset and not closed


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    """Identity and the gateway, which takes many connections, and not all from one address."""
    made = make_system()
    made.told["gateway"] = {"KITH_LIMIT_CONNECTIONS": f"15000/{OF_ONE}"}
    made.start(("identity", "messaging", "gateway"))
    return made


def test_ten_thousand_connections_opened_and_left_are_nobody_elses_trouble(
    system: System, network: str
) -> None:
    """They say nothing, or leave in the middle of what they say: with half a head, or as soon as
    they asked for a WebSocket; half of them close, half are cut off."""
    assert raise_descriptors() > OPENED + 1_000, "this test needs `ulimit -Hn` of 11000 at least"
    admin = system.admin(network)
    files = _files(system)
    with _crowd(system) as crowd:
        wait_for(lambda: _connections(system) >= OPENED)
        assert admin.get("/v1/accounts/me")["handle"]
        assert _signs_in_anew(system, admin, network)
        for number, each in enumerate(crowd):
            if said := (b"", HEAD, UPGRADE)[number % 3]:
                each.sendall(said)
            if number % 2:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
    wait_for(lambda: _connections(system) < 50)
    wait_for(lambda: _files(system) < files + 50)
    assert admin.get("/v1/accounts/me")["handle"]


def test_one_address_cannot_take_all_connections(system: System, network: str) -> None:
    admin = system.admin(network)
    with ExitStack() as stack:
        mine = [_opened(stack, system, "127.0.2.1") for _ in range(OF_ONE)]
        wait_for(lambda: _connections(system) >= OF_ONE)
        refused = _opened(stack, system, "127.0.2.1")
        assert _all_of(refused).startswith(b"HTTP/1.1 429 ")
        assert admin.get("/v1/accounts/me")["handle"]
        mine[0].close()
        wait_for(lambda: _answers(system, "127.0.2.1"))


def test_bodies_that_never_end_are_given_up(system: System, network: str) -> None:
    """Each announces a body and sends one byte of it. They are told so after a while."""
    admin = system.admin(network)
    sent = (
        b"POST /v1/sessions HTTP/1.1\r\nhost: kith\r\ncontent-type: application/json\r\n"
        b"content-length: 1000\r\n\r\n{"
    )
    with ExitStack() as stack:
        slow = [_opened(stack, system, "127.0.3.1") for _ in range(SLOW)]
        for each in slow:
            each.sendall(sent)
            each.settimeout(BODY_SECONDS + 60)
        assert admin.get("/v1/accounts/me")["handle"]
        for each in slow:
            assert each.recv(1000).startswith(b"HTTP/1.1 408 ")


def test_a_token_of_a_session_that_has_ended_opens_no_door(system: System, network: str) -> None:
    """It would run for ten minutes more: whoever stole it has nothing of it once she signs out."""
    admin = system.admin(network)
    ana = system.member(admin, network, "ana")
    stolen, stream = ana.token, f"ws://{system.settings.http('gateway')}/v1/stream"
    ana.sign_in(network, f"ana@{network}.example", PASSWORD)
    with connect(stream) as thief:
        thief.send(json.dumps({"type": "authenticate", "accessToken": stolen}))
        assert json.loads(thief.recv(15)) == {"type": "ready"}
        ana.request("DELETE", "/v1/sessions")
        with pytest.raises(ConnectionClosed) as closed:
            thief.recv(15)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401
    wait_for(lambda: _asked_with(system, stolen) == 401)
    ana.sign_in(network, f"ana@{network}.example", PASSWORD)
    assert ana.get("/v1/accounts/me")["handle"] == "ana"


def _asked_with(system: System, token: str) -> int:
    headers = {"authorization": f"Bearer {token}"}
    return httpx.get(
        f"{system.settings.gateway_url}/v1/accounts/me", headers=headers, timeout=30
    ).status_code


def _signs_in_anew(system: System, admin: Kith, network: str) -> bool:
    """Somebody new, from an invite to her own account."""
    return bool(system.member(admin, network, "newcomer").get("/v1/accounts/me")["handle"])


@contextmanager
def _crowd(system: System) -> Iterator[list[socket.socket]]:
    """OPENED connections from several addresses, kept until the block ends."""
    with ExitStack() as stack:
        yield [
            _opened(stack, system, f"127.0.1.{1 + number % SOURCES}") for number in range(OPENED)
        ]


def _opened(stack: ExitStack, system: System, source: str) -> socket.socket:
    host, _, port = system.settings.http("gateway").rpartition(":")
    made = socket.create_connection((host, int(port)), timeout=30, source_address=(source, 0))
    return stack.enter_context(made)


def _all_of(connection: socket.socket) -> bytes:
    said = b""
    while piece := connection.recv(4096):
        said += piece
    return said


def _answers(system: System, source: str) -> bool:
    with httpx.Client(transport=httpx.HTTPTransport(local_address=source)) as client:
        try:
            answer = client.get(f"{system.settings.gateway_url}/healthz")
        except httpx.TransportError:
            return False  # it was refused before it had asked
        return answer.status_code == 200 and json.loads(answer.content)["status"] == "alive"


def _connections(system: System) -> int:
    """How many connections the gateway has open, by its own count."""
    metrics = httpx.get(f"{system.settings.gateway_url}/metrics", timeout=30).text
    line = next(one for one in metrics.splitlines() if one.startswith("kith_gateway_connections "))
    return int(float(line.split()[1]))


def _files(system: System) -> int:
    """How many files the gateway's process has open."""
    return len(list(Path(f"/proc/{system.pid('gateway')}/fd").iterdir()))
