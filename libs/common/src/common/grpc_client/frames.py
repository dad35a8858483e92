"""What travels on a stream that carries calls: MessagePack arrays, in each frame as many calls or
answers as have gathered.

The calls' own contents are the bytes that a call of their own would have; this is only the string
around the bundle.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

METHOD = "/kith.calls.v1.CallService/Carry"
MOST_BYTES = 64 * 1024
"""A larger request goes on its own, so that it does not keep small ones waiting."""
FRAME_BYTES = 256 * 1024
"""A frame is full when it has this many bytes of contents and metadata."""


class Call(Struct, array_like=True, frozen=True, gc=False):
    """A unary call: its number on this stream, its full method name, the serialized request, the
    seconds it has left, and its metadata."""

    id: int
    method: str
    content: bytes
    seconds: float | None
    metadata: list[tuple[str, str]]

    @property
    def size(self) -> int:
        """About the bytes it takes in a frame: metadata weigh more than most requests do."""
        return len(self.content) + sum(len(key) + len(value) for key, value in self.metadata)


class Calls(Struct, array_like=True, frozen=True, gc=False):
    """Calls, and the numbers of earlier ones that nobody waits for any more."""

    calls: list[Call]
    cancelled: list[int]


class Answer(Struct, array_like=True, frozen=True, gc=False):
    """The outcome of a call: the serialized reply, or with another code than 0 (google.rpc.Code) a
    message and the serialized google.rpc.Status."""

    id: int
    content: bytes
    code: int = 0
    message: str = ""
    details: bytes = b""


class Answers(Struct, array_like=True, frozen=True, gc=False):
    """Answers in the order they were ready; the first frame of a stream has none. `leaving` asks
    the client to begin no more calls here: the server stops."""

    answers: list[Answer]
    leaving: bool = False


decode_calls = msgspec.msgpack.Decoder(Calls).decode
decode_answers = msgspec.msgpack.Decoder(Answers).decode
encode = msgspec.msgpack.Encoder().encode
