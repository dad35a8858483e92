"""A channel whose calls say which service makes them, where they are in no member's name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import grpc

from common.service_tokens import CLIENT_ADDRESS, SERVICE_TOKEN

AUTHORIZATION = "authorization"
Sent = Sequence[tuple[str, str]]


def vouched(channel: grpc.aio.Channel, vouch: Callable[[], str]) -> grpc.aio.Channel:
    """The channel; calls without a member's token, or that say where a client is, get ours."""
    return cast(grpc.aio.Channel, _Vouched(channel, vouch))


class _Vouched:
    """Hands everything on to the channel; adds a token to the calls that services make."""

    def __init__(self, channel: grpc.aio.Channel, vouch: Callable[[], str]) -> None:
        self._channel = channel
        self._vouch = vouch

    def unary_unary(self, *args: Any, **kwargs: Any) -> Any:
        """See grpc.aio.Channel."""
        return self._with(self._channel.unary_unary(*args, **kwargs))

    def stream_unary(self, *args: Any, **kwargs: Any) -> Any:
        """See grpc.aio.Channel."""
        return self._with(self._channel.stream_unary(*args, **kwargs))

    def stream_stream(self, *args: Any, **kwargs: Any) -> Any:
        """See grpc.aio.Channel."""
        return self._with(self._channel.stream_stream(*args, **kwargs))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def _with(self, method: Any) -> Callable[..., Any]:
        def begin(
            request: Any,
            /,
            *,
            timeout: float | None = None,
            metadata: Sent = (),
        ) -> Any:
            keys = {key for key, _ in metadata}
            if AUTHORIZATION not in keys or CLIENT_ADDRESS in keys:
                metadata = [*metadata, (SERVICE_TOKEN, self._vouch())]
            return method(request, timeout=timeout, metadata=metadata)

        return begin
