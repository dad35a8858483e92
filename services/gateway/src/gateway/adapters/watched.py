"""A streaming call, and how the service really ended it.

When a service ends a call while a message is on its way to it, grpc.aio (1.76) may replace what
the service said by "Internal error from Core". A call tells each of its statuses when it comes,
so the real one can be noted.
"""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc

T = TypeVar("T")
_REPLACED = "Internal error from Core"


@dataclass(frozen=True, slots=True)
class Status:
    """How a call ended."""

    code: grpc.StatusCode
    details: str
    trailing: tuple[tuple[str, str | bytes], ...]


class Watched:
    """One call of a method; takes the method's place in grpc_client.call."""

    def __init__(self, method: Any) -> None:
        self._method = method
        self._status: Status | None = None

    def __call__(self, request: Any, /, *, timeout: float | None, metadata: Any) -> Any:
        """Begin the call."""
        call = self._method(request, timeout=timeout, metadata=metadata)
        call.add_done_callback(self._note)
        return call

    def status(self, error: grpc.aio.AioRpcError) -> Status:
        """What the service said when the call ended in `error`."""
        return self._status or Status(
            error.code(), error.details() or "", tuple(error.trailing_metadata() or ())
        )

    def _note(self, call: Any) -> None:
        details = _at_once(call.details()) or ""
        if self._status is None and details != _REPLACED:
            trailing = tuple(_at_once(call.trailing_metadata()) or ())
            code = _at_once(call.code()) or grpc.StatusCode.UNKNOWN
            self._status = Status(code, details, trailing)


def _at_once(answer: Coroutine[Any, Any, T]) -> T | None:
    """What a coroutine that has nothing to wait for returns."""
    try:
        answer.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    answer.close()
    return None
