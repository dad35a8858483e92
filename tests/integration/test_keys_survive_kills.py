"""A request with an Idempotency-Key has one effect, also when the gateway dies while it runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any
from uuid import uuid4

import httpx
import pytest
from kith_cli.client import Kith

from tests.integration.system import System

WRITERS = 8
KILLS = 3
PATIENCE_SECONDS = 90.0


@pytest.mark.timeout(360)
def test_each_key_makes_one_circle_however_often_the_door_is_killed(
    system: System, network: str
) -> None:
    admin = system.admin(network)
    url, over = system.settings.gateway_url, Event()

    def write(writer: int) -> list[str]:
        made: list[str] = []
        with httpx.Client(base_url=url, timeout=30.0) as http:
            while not over.is_set():
                name = f"{writer}-{len(made)}"
                insist(http, admin.token, name)
                made.append(name)
        return made

    with ThreadPoolExecutor(WRITERS) as pool:
        writers = [pool.submit(write, number) for number in range(WRITERS)]
        before = 0
        for _ in range(KILLS):
            before = wait_for_more(admin, before + WRITERS)
            system.kill("gateway")
            system.wait_ready("gateway")
        over.set()
        made = [name for writer in writers for name in writer.result()]
    there = [circle["displayName"] for circle in circles(admin)]
    assert sorted(there) == sorted(made)


def insist(http: httpx.Client, token: str, name: str) -> None:
    """Ask for a circle with one key until it is made."""
    headers = {"authorization": f"Bearer {token}", "idempotency-key": str(uuid4())}
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answer = http.post("/v1/circles", json={"displayName": name}, headers=headers)
        except httpx.TransportError:  # killed: nobody knows whether it was done
            time.sleep(0.05)
        else:
            if answer.status_code == 201:
                assert answer.json()["displayName"] == name
                return
            assert answer.status_code in {409, 503}, answer.text
            time.sleep(float(answer.headers["retry-after"]))
        assert time.monotonic() < deadline, f"{name} was not made in time"


def wait_for_more(admin: Kith, count: int) -> int:
    """Until there are so many circles; how many there are."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := sum(1 for _ in circles(admin))) < count:
        assert time.monotonic() < deadline, f"only {found} circles"
    return found


def circles(admin: Kith) -> Iterator[dict[str, Any]]:
    """All circles of the network."""
    token = ""
    while True:
        page = admin.get("/v1/circles", pageSize=100, pageToken=token)
        yield from page["circles"]
        if not (token := page["nextPageToken"]):
            return
