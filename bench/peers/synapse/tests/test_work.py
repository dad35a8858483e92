"""The load, on a server that says what Synapse says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from kith_cli.bench.lean import Status

from bench.peers.synapse import matrix, work

HOST, SECRET = "127.0.0.1", "a secret"
Answer = tuple[int, dict[str, Any]]


class Homeserver:
    """Accounts, rooms and messages in memory; when `deaf`, /sync shows none."""

    def __init__(self) -> None:
        self.members: dict[str, set[str]] = {}
        self.said: list[tuple[str, str]] = []  # room and id
        self.deaf = False
        self.more = asyncio.Condition()
        self._served: dict[asyncio.Task[Any] | None, asyncio.StreamWriter] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._served[asyncio.current_task()] = writer
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0)
                body = json.loads(await reader.readexactly(length) or b"{}")
                status, answer = await self._answer(head, body)
                content = json.dumps(answer).encode()
                chunks = b"".join(
                    b"%x\r\n%b\r\n" % (len(c), c) for c in (content[:7], content[7:]) if c
                )
                chunked = b"HTTP/1.1 %d X\r\nTransfer-Encoding: chunked\r\n\r\n%b0\r\n\r\n"
                writer.write(chunked % (status, chunks))
        except asyncio.IncompleteReadError:
            pass

    async def leave(self) -> None:
        """Hang up on everybody."""
        for task, writer in self._served.items():
            if task is not None:
                task.cancel()
            writer.close()
        tasks = [task for task in self._served if task is not None]
        closed = [writer.wait_closed() for writer in self._served.values()]
        await asyncio.gather(*tasks, *closed, return_exceptions=True)

    async def _answer(self, head: str, body: dict[str, Any]) -> Answer:
        method, target, _ = head.split(" ", 2)
        token = head.partition("Bearer ")[2].partition("\r\n")[0]
        match [method, *map(unquote, urlsplit(target).path.split("/")[3:])]:
            case ["GET", "v1", "register"]:
                return 200, {"nonce": "n"}
            case ["POST", "v1", "register"]:
                name = body["username"]
                right = body["mac"] == matrix.mac_of(SECRET, "n", name, body["password"])
                return (200 if right else 403), {"user_id": name, "access_token": name}
            case ["POST", "v3", "createRoom"]:
                room = f"!{len(self.members)}:x"
                self.members[room] = {token}
                return 200, {"room_id": room}
            case ["POST", "v3", "rooms", room, "join"]:
                self.members[room].add(token)
                return 200, {}
            case ["PUT", "v3", "rooms", room, "send", "m.room.message", _]:
                self.said.append((room, f"${len(self.said)}"))
                async with self.more:
                    self.more.notify_all()
                return 200, {"event_id": self.said[-1][1]}
            case ["GET", "v3", "sync"]:
                return await self._sync(parse_qs(urlsplit(target).query), token)
        return 404, {}

    async def _sync(self, query: dict[str, list[str]], token: str) -> Answer:
        begin = int(query["since"][0]) if "since" in query else len(self.said)
        async with self.more:
            if "since" in query:
                await self.more.wait_for(lambda: len(self.said) > begin)
        rooms = {
            room: {"timeline": {"events": [{"type": "m.room.message", "event_id": id}]}}
            for room, id in self.said[begin : begin + 1]
            if token in self.members[room] and not self.deaf
        }
        return 200, {"next_batch": str(begin + ("since" in query)), "rooms": {"join": rooms}}


@pytest.fixture
async def homeserver() -> AsyncIterator[tuple[Homeserver, int]]:
    made = Homeserver()
    server = await asyncio.start_server(made.serve, HOST, 0)
    async with server:
        yield made, server.sockets[0].getsockname()[1]
        await made.leave()


async def test_everybody_writes_to_the_next(homeserver: tuple[Homeserver, int]) -> None:
    server, port = homeserver
    people = await work.people_of(HOST, port, SECRET, 3)
    assert [server.members[person.room_id] for person in people] == [
        {"sender0", "sender1"}, {"sender1", "sender2"}, {"sender2", "sender0"},
    ]  # fmt: skip
    load = await work.closed_loop(HOST, port, people, 0.05)
    assert len(load.latencies) == len(server.said) > 3
    assert {room for room, _ in server.said} == {person.room_id for person in people}


async def test_what_arrives_is_waited_for(homeserver: tuple[Homeserver, int]) -> None:
    server, port = homeserver
    people = await work.people_of(HOST, port, SECRET, 3)
    load = await work.delivered(HOST, port, people, 200, 0.1)
    assert len(load.delays) == len(server.said) == 20
    assert all(delay > 0 for delay in load.delays)


async def test_what_never_arrives_ends_the_load(homeserver: tuple[Homeserver, int]) -> None:
    server, port = homeserver
    people = await work.people_of(HOST, port, SECRET, 2)
    server.deaf = True
    with pytest.raises(TimeoutError):
        await work.delivered(HOST, port, people, 100, 0.02, patience=0.05)


async def test_without_the_secret_there_is_no_account(homeserver: tuple[Homeserver, int]) -> None:
    with pytest.raises(Status, match="403"):
        await work.people_of(HOST, homeserver[1], "another", 1)
