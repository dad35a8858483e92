"""From HTTP to a WebSocket, on one connection: uvicorn has read the head, the application decides,
and picows takes over.

A door of its own would need a port, limits and counts of its own; an ASGI server's WebSockets cost
three times as much for each frame. So the application is asked as for any WebSocket, and accepts
with a listener (`kith.listener`), which has the connection from then on (ADR 33).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from common import log
from picows import WSListener, WSUpgradeResponse, WSUpgradeResponseWithListener
from picows.picows import WSAutoPingStrategy, WSProtocol  # type: ignore[attr-defined]
from uvicorn.config import Config
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from gateway.entrypoints.http.asgi import Headers, Message

logger = log.get(__name__)
READ_BUFFER_BYTES = 2 * 1024
WRITE_BUFFER_BYTES = 64 * 1024
LISTENER = "kith.listener"


class Quiet:
    """What picows logs, without a word that came over the connection."""

    def isEnabledFor(self, _level: int) -> bool:  # as logging has it
        return False

    def log(self, *_: object) -> None:
        return

    debug = info = warning = log

    def error(self, message: str, *_: object) -> None:
        logger.info("websocket.protocol_error", what=message.partition(":")[0].partition("%")[0])

    def exception(self, message: str, *_: object) -> None:
        logger.error("websocket.failed", what=message, exc_info=True)


QUIET = Quiet()


class Taken(WSProtocol):  # type: ignore[misc]  # picows tells no type of it
    """picows' protocol, on a connection that somebody else opened."""

    lost: Callable[[], None] | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        super().connection_lost(exc)
        if self.lost is not None:
            self.lost()


class Upgrade(asyncio.Protocol):
    """Asks the application about one upgrade; uvicorn makes it (`Config.ws`).

    `lost` is called once the connection is over, whoever has it then.
    """

    def __init__(
        self, most_bytes: int, config: Config, server_state: ServerState,
        app_state: dict[str, Any],
    ) -> None:  # fmt: skip
        self._most_bytes = most_bytes
        self._app = config.loaded_app
        self._tasks = server_state.tasks
        self._state = app_state
        self._loop = asyncio.get_running_loop()
        self._transport: Any = None
        self._head = b""
        self._taken: Taken | None = None
        self._over = asyncio.Event()
        self._answer: list[bytes] = []
        self.lost: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol; `transport` is as uvicorn's protocol had it."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """The head, whole; nothing may follow it before it is answered."""
        if self._head:
            self._transport.abort()
            return
        self._head = data
        task = self._loop.create_task(self._ask(data))
        task.add_done_callback(self._tasks.discard)
        self._tasks.add(task)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._over.set()
        if self.lost is not None:
            self.lost()

    async def _ask(self, head: bytes) -> None:
        try:
            await self._app(self._scope(head), self._receive, self._send)
        except Exception as error:
            logger.error("websocket.failed", exc_info=error)
        if self._taken is None and not self._transport.is_closing():
            self._transport.close()

    def _scope(self, head: bytes) -> dict[str, Any]:
        start, *lines = head.partition(b"\r\n\r\n")[0].split(b"\r\n")
        target = start.split(b" ")[1]
        path, _, query = target.partition(b"?")
        pairs = (line.partition(b":") for line in lines)
        headers: Headers = [(name.strip().lower(), value.strip()) for name, _, value in pairs]
        return {
            "type": "websocket", "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1", "scheme": "wss" if is_ssl(self._transport) else "ws",
            "server": get_local_addr(self._transport), "client": get_remote_addr(self._transport),
            "root_path": "", "path": path.decode("ascii", "replace"), "raw_path": path,
            "query_string": query, "headers": headers, "subprotocols": [],
            "state": self._state.copy(), "extensions": {"websocket.http.response": {}},
        }  # fmt: skip

    async def _receive(self) -> Message:
        return {"type": "websocket.connect"}

    async def _send(self, message: Message) -> None:
        if self._over.is_set():
            raise ConnectionResetError("the device has gone")
        match message["type"]:
            case "websocket.accept":
                self._take(message[LISTENER], message["headers"])
            case "websocket.http.response.start":
                status = HTTPStatus(message["status"])
                self._answer = [f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode()]
                self._answer += [b"%s: %s\r\n" % both for both in message["headers"]]
                self._answer.append(b"connection: close\r\n\r\n")
            case "websocket.http.response.body":
                self._transport.write(b"".join([*self._answer, message["body"]]))
                self._transport.close()

    def _take(self, listener: WSListener, headers: Headers) -> None:
        """Hand the connection over, head first."""
        response = WSUpgradeResponse.create_101_response(
            {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
        )
        taken = self._taken = Taken(
            cast(str, None), cast(str, None), False,
            lambda _request: WSUpgradeResponseWithListener(response, listener), QUIET, True, None,
            False, 0, 0, WSAutoPingStrategy.PING_WHEN_IDLE, True, self._most_bytes, None,
            READ_BUFFER_BYTES,
        )  # fmt: skip
        taken.lost = self.lost
        transport = getattr(self._transport, "beneath", self._transport)
        transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        taken.connection_made(transport)
        left = memoryview(self._head)
        while left:
            room = taken.get_buffer(-1)
            size = min(len(room), len(left))
            room[:size] = left[:size]
            taken.buffer_updated(size)
            left = left[size:]
        transport.set_protocol(taken)
