"""Reading the body of a request that takes its time, or never ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from common.problem import CONTENT_TYPE
from gateway.entrypoints.http.errors import BodyTooSlow, Disconnected
from gateway.entrypoints.http.problems import answer
from gateway.entrypoints.http.request import KithRequest, public_address
from litestar import Litestar, post
from litestar.types import HTTPScope


class Impatient(KithRequest):
    """Waits a hundredth of a second."""

    body_seconds = 0.01


@post("/")
async def handler(request: Impatient) -> None:
    """Something to be asked."""


def request(*events: dict[str, Any]) -> KithRequest:
    """A request whose client says this, and then nothing."""
    said = list(events)

    async def receive() -> Any:
        return said.pop(0) if said else await asyncio.Event().wait()

    app = Litestar([handler], request_class=Impatient, openapi_config=None, logging_config=None)
    scope: Any = {
        "type": "http", "method": "POST", "path": "/", "headers": [], "litestar_app": app,
        "route_handler": app.route_handler_method_map["/"]["POST"], "state": {},
    }  # fmt: skip
    made: HTTPScope = scope
    return Impatient(made, receive)


async def test_a_body_that_does_not_arrive_is_not_waited_for() -> None:
    with pytest.raises(BodyTooSlow) as caught:
        await request({"type": "http.request", "body": b"{", "more_body": True}).body()
    told = answer(request(), caught.value)
    assert told.status_code == 408
    assert told.media_type == CONTENT_TYPE


async def test_a_client_that_leaves_is_no_failure_of_ours() -> None:
    with pytest.raises(Disconnected):
        await request({"type": "http.disconnect"}).body()


async def test_a_body_in_pieces_is_put_together() -> None:
    pieces: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.request", "body": b"}"},
    ]
    assert await request(*pieces).body() == b"{}"


@pytest.mark.parametrize("host", ["8.8.8.8", "2a00:1450:4001::1"])
def test_a_client_on_the_internet_has_an_address(host: str) -> None:
    assert public_address(host) == host


@pytest.mark.parametrize(
    "host", ["10.0.0.7", "127.0.0.1", "192.168.1.1", "fd00::1", "::1", "", "x"]
)
def test_what_many_share_is_nobodys_address(host: str) -> None:
    assert public_address(host) == ""


def test_the_address_is_that_of_the_connection_and_not_of_a_header() -> None:
    scope: Any = {
        "type": "http", "client": ("8.8.8.8", 7), "headers": [(b"x-forwarded-for", b"9.9.9.9")],
    }  # fmt: skip
    assert KithRequest(scope).client_address == "8.8.8.8"
    scope["client"] = None
    assert KithRequest(scope).client_address == ""
