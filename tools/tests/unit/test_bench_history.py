"""Pages of a history are read whole, or there is no figure."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest
from kith_cli.bench import history
from kith_cli.bench.load import Person
from kith_cli.errors import Stop

HOST = "127.0.0.1"


class Pages:
    """A gateway that knows pages of conversations; `lost` is a message that it has not."""

    def __init__(self) -> None:
        self.lost = 0
        self.asked: list[str] = []
        self.serving: list[asyncio.Task[None] | None] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving.append(asyncio.current_task())
        try:
            while True:
                target = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1].decode()
                self.asked.append(urlsplit(target).path)
                asked = parse_qs(urlsplit(target).query)
                before, size = int(asked["beforeSequence"][0]), int(asked["pageSize"][0])
                numbers = [n for n in range(before - 1, before - 1 - size, -1) if n != self.lost]
                content = json.dumps({"messages": [{"sequence": n} for n in numbers]}).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(content) + content
                )
        except asyncio.IncompleteReadError:
            writer.close()
            await writer.wait_closed()


@pytest.fixture
async def pages() -> AsyncIterator[tuple[Pages, int]]:
    made = Pages()
    async with await asyncio.start_server(made.serve, HOST, 0) as server:
        yield made, server.sockets[0].getsockname()[1]
        await asyncio.gather(*(task for task in made.serving if task))


async def test_conversations_are_read_in_turns(pages: tuple[Pages, int]) -> None:
    made, port = pages
    found = await history.read(HOST, port, Person("m", "t"), {1_000: "short", 5_000: "long"}, 3)
    assert {length: len(taken) for length, taken in found.items()} == {1_000: 3, 5_000: 3}
    short, long = (f"/v1/conversations/{id}/messages" for id in ("short", "long"))
    assert made.asked == [short, long] * (history.WARM_READS + 3)


async def test_a_page_that_is_not_whole_is_no_figure(pages: tuple[Pages, int]) -> None:
    made, port = pages
    made.lost = 30
    with pytest.raises(Stop, match="not whole"):
        await history.read(HOST, port, Person("m", "t"), {51: "short"}, 3)


def test_every_row_is_brought_in_once() -> None:
    numbers = range(10_001, 11_202)
    requests = list(history.requests(Person("a", ""), Person("b", ""), numbers))
    assert [len(request.messages) for request in requests] == [500, 500, 201]
    assert [row.row for request in requests for row in request.messages] == list(numbers)
    assert {request.source for request in requests} == {"a"}
