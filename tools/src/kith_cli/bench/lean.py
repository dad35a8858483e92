"""A lean HTTP client for load: the usual ones cost more CPU than the requests they send."""

from __future__ import annotations

import asyncio
import json
from typing import Any


class Status(RuntimeError):
    """A request was answered with a status of 400 or more."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Connection:
    """One keep-alive HTTP/1.1 connection to the gateway, one request at a time."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self._host, self._port = host, port
        self._head = f"host: {host}:{port}\r\nauthorization: Bearer {token}\r\n"
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send a request; the decoded answer. Raises Status."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        content = b"" if body is None else json.dumps(body).encode()
        extra = (
            f"content-type: application/json\r\ncontent-length: {len(content)}\r\n" if body else ""
        )
        self._writer.write(
            f"{method} {path} HTTP/1.1\r\n{self._head}{extra}\r\n".encode() + content
        )
        await self._writer.drain()
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        answer = await _content(self._reader, head)
        status = int(head.split(" ", 2)[1])
        if status >= 400:
            raise Status(status, f"{method} {path}: {status} {answer[:300]!r}")
        return json.loads(answer) if answer else None

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()


async def _content(reader: asyncio.StreamReader, head: str) -> bytes:
    if "transfer-encoding: chunked" not in head:
        length = int(head.partition("content-length:")[2].partition("\r\n")[0] or 0)
        return await reader.readexactly(length)
    chunks = []
    while length := int(await reader.readuntil(b"\r\n"), 16):
        chunks.append(await reader.readexactly(length))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(chunks)
