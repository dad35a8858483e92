"""Where a client is goes along with a call only when a door says so."""

from __future__ import annotations

from typing import Any

from common.grpc_client import call
from common.service_tokens import CLIENT_ADDRESS


class Method:
    """A method of a stub that remembers what went along."""

    def __init__(self) -> None:
        self.told: dict[str, str] = {}

    async def __call__(
        self,
        request: str,
        /,
        *,
        timeout: float | None,  # noqa: ASYNC109  # its name in the stubs
        metadata: Any,
    ) -> str:
        self.told = dict(metadata)
        return request


async def test_the_address_goes_along_when_it_is_said() -> None:
    method = Method()
    assert await call(method, "ask", token="t", client_address="192.0.2.1") == "ask"
    assert method.told == {"authorization": "Bearer t", CLIENT_ADDRESS: "192.0.2.1"}


async def test_nothing_is_said_of_it_otherwise() -> None:
    method = Method()
    await call(method, "ask")
    assert method.told == {}
