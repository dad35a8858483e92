"""A stream of calls whose client asks and does not read: what is kept for it has a bound."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest
from common.grpc_client.frames import METHOD, Answers, Call, Calls, encode
from common.grpc_server.carrier import MOST_AT_ONCE, MOST_UNWRITTEN_BYTES, Carrier, Details
from common.testing.poll import until
from msgspec import msgpack

MIB = 1024 * 1024


class SlowReader:
    """As much of a servicer's context as a stream uses; it takes answers when it is told to."""

    def __init__(self, calls: int) -> None:
        self.left = calls
        self.reads = asyncio.Event()
        self.answered = 0

    async def read(self) -> Any:
        await asyncio.sleep(0)
        if not self.left:
            return grpc.aio.EOF
        self.left -= 1
        return encode(Calls([Call(self.left + 1, "/any", b"", None, [])], []))

    async def write(self, frame: bytes) -> None:
        await self.reads.wait()
        self.answered += len(msgpack.decode(frame, type=Answers).answers)


@pytest.mark.parametrize(
    "size, most", [(MIB, 2 * MOST_UNWRITTEN_BYTES // MIB), (1, MOST_AT_ONCE + 10)],
    ids=["large", "many"],
)  # fmt: skip
async def test_answers_nobody_reads_stop_the_reading_and_are_all_written_in_the_end(
    size: int, most: int
) -> None:
    async def serve(_content: bytes, _context: object) -> bytes:
        return bytes(size)

    count = 3 * most
    client = SlowReader(count)
    details: Any = Details(METHOD)
    handler = Carrier(lambda _: serve).service(details)
    ride = asyncio.create_task(handler.stream_stream(None, client))
    seen: list[int] = []

    async def rests() -> bool:
        seen.append(client.left)
        return len(seen) > 20 and len(set(seen[-20:])) == 1

    await until(rests, every=0.001)
    assert 0 < count - client.left <= most
    client.reads.set()
    await ride
    assert (client.left, client.answered) == (0, count)
