"""Unary calls that share one stream, which costs both sides a fraction of a call each (stack.md).

Nothing changes for who calls: deadlines, cancelling, metadata, errors and repeating are those of a
call of its own, and a call of its own is what is made while there is no stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Any

import grpc

from common.grpc_client.frames import MOST_BYTES, Answer
from common.grpc_client.lane import Broken, Lane, Metadata
from common.grpc_errors import DETAILS

Serialize = Callable[[Any], bytes]
Deserialize = Callable[[bytes], Any]
_CODES = {code.value[0]: code for code in grpc.StatusCode}
_AWAY = grpc.StatusCode.UNAVAILABLE


class CarriedChannel(grpc.aio.Channel):
    """A channel some unary methods of which share one stream."""

    def __init__(
        self, plain: grpc.aio.Channel, carried: Collection[str], repeated: Collection[str]
    ) -> None:
        """`carried` are full method names; `repeated` are those of them whose calls may be made
        again when they may have been served."""
        self._plain = plain
        self._carried = carried
        self._repeated = repeated
        self._lane = Lane(plain)

    @property
    def carrying(self) -> bool:
        """Whether the stream is there; asking has it opened."""
        return self._lane.stream() is not None

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """See grpc.aio.Channel."""
        plain = self._plain.unary_unary(method, *args, **kwargs)
        if method not in self._carried:
            return plain
        serialize, deserialize = _serializers(*args, **kwargs)
        return _Method(self._lane, method, plain, serialize, deserialize, method in self._repeated)

    def unary_stream(self, *args: Any, **kwargs: Any) -> Any:
        """See grpc.aio.Channel."""
        return self._plain.unary_stream(*args, **kwargs)

    def stream_unary(self, *args: Any, **kwargs: Any) -> Any:
        """See grpc.aio.Channel."""
        return self._plain.stream_unary(*args, **kwargs)

    def stream_stream(self, *args: Any, **kwargs: Any) -> Any:
        """See grpc.aio.Channel."""
        return self._plain.stream_stream(*args, **kwargs)

    async def __aenter__(self) -> CarriedChannel:
        """Nothing is opened before it is wanted."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the stream; the plain channel is its owner's."""
        await self._lane.close()

    async def close(self, grace: float | None = None) -> None:
        """End the stream and the plain channel."""
        await self._lane.close()
        await self._plain.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """See grpc.aio.Channel."""
        return self._plain.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """See grpc.aio.Channel."""
        await self._plain.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """See grpc.aio.Channel."""
        await self._plain.channel_ready()


def _serializers(
    request_serializer: Serialize | None = None, response_deserializer: Deserialize | None = None,
    **_: Any,
) -> tuple[Serialize | None, Deserialize | None]:  # fmt: skip
    return request_serializer, response_deserializer


class _Method:
    """A unary method, as stubs call it."""

    def __init__(
        self, lane: Lane, method: str, plain: Any, serialize: Serialize | None,
        deserialize: Deserialize | None, repeated: bool,
    ) -> None:  # fmt: skip
        self._lane = lane
        self._method = method
        self._plain = plain
        self._serialize = serialize
        self._deserialize = deserialize
        self._repeated = repeated

    async def __call__(
        self,
        request: Any,
        /,
        *,
        timeout: float | None = None,  # noqa: ASYNC109  # as grpc has it
        metadata: Metadata = (),
    ) -> Any:
        """The reply. Raises AioRpcError as a call of its own does."""
        stream = self._lane.stream()
        content = self._serialize(request) if self._serialize else request
        if stream is None or len(content) > MOST_BYTES:
            return await self._plain(request, timeout=timeout, metadata=metadata)
        clock = asyncio.get_running_loop().time
        started = clock()
        try:
            answer = await stream.ask(self._method, content, timeout, metadata)
        except TimeoutError:
            raise _error(grpc.StatusCode.DEADLINE_EXCEEDED, "no answer in time") from None
        except Broken:
            answer = Answer(0, b"", _AWAY.value[0], "the connection ended before the answer")
        if answer.code == 0:
            return self._deserialize(answer.content) if self._deserialize else answer.content
        if answer.code == _AWAY.value[0] and self._repeated:
            left = None if timeout is None else timeout - (clock() - started)
            return await self._plain(request, timeout=left, metadata=metadata)
        code = _CODES.get(answer.code, grpc.StatusCode.UNKNOWN)
        raise _error(code, answer.message, answer.details)


def _error(code: grpc.StatusCode, message: str, details: bytes = b"") -> grpc.aio.AioRpcError:
    trailing = [(DETAILS, details)] if details else []
    return grpc.aio.AioRpcError(
        code, grpc.aio.Metadata(), grpc.aio.Metadata(*trailing), details=message
    )
