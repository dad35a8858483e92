"""A cable between a client and a server that can be cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from common.config import Address


class Cable:
    """Passes bytes on, both ways, until it is cut; the next connection is whole again."""

    def __init__(self, to: Address) -> None:
        self._to = to
        self._ends: list[asyncio.StreamWriter] = []

    def cut(self) -> None:
        """Break what is connected now, without a goodbye."""
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Somebody plugged in."""
        there, back = await asyncio.open_connection(self._to.host, self._to.port)
        self._ends += [writer, back]
        await asyncio.gather(_pass(reader, back), _pass(there, writer))


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while content := await reader.read(65_536):
            writer.write(content)
            await writer.drain()
        writer.close()
    except ConnectionError:
        writer.transport.abort()


@asynccontextmanager
async def cable(to: Address) -> AsyncIterator[tuple[Cable, Address]]:
    """A cable to an address, and the address of its near end."""
    line = Cable(to)
    server = await asyncio.start_server(line.connect, "127.0.0.1", 0)
    try:
        yield line, Address("127.0.0.1", server.sockets[0].getsockname()[1])
    finally:
        line.cut()
        server.close()
        await server.wait_closed()
