"""A process with many sockets that counts what arrives: told on stdin who signs in, then again and
again how much to wait for; says `ready`, and a line each time so much has arrived."""

from __future__ import annotations

import asyncio
import json
import sys

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect


class Counted:
    """What all sockets got."""

    def __init__(self) -> None:
        self.count = 0
        self.wanted = 0
        self.ready = 0
        self.changed = asyncio.Event()


class Socket(WSListener):
    """Counts messages, and looks into none."""

    def __init__(self, all: Counted) -> None:
        super().__init__()
        self._all = all
        self._ready = False

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """See picows."""
        if frame.msg_type == WSMsgType.CLOSE:
            sys.exit(f"closed: {frame.get_close_code()} {frame.get_close_reason()}")
        if frame.msg_type != WSMsgType.TEXT:
            return
        if not self._ready:
            self._ready = True
            self._all.ready += 1
            self._all.changed.set()
            return
        self._all.count += 1
        if self._all.count == self._all.wanted:
            self._all.changed.set()


async def main(door: str) -> None:
    """Open, say so, count."""
    all, loop = Counted(), asyncio.get_running_loop()
    tokens = json.loads(sys.stdin.readline())
    for number, token in enumerate(tokens, 1):
        transport, _ = await ws_connect(lambda: Socket(all), f"ws://{door}/v1/stream")
        frame = json.dumps({"type": "authenticate", "accessToken": token})
        transport.send(WSMsgType.TEXT, frame.encode())
        while number - all.ready > 50:
            all.changed.clear()
            await all.changed.wait()
    while all.ready < len(tokens):
        all.changed.clear()
        await all.changed.wait()
    print("ready", flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        all.wanted = int(line)
        while all.count < all.wanted:
            all.changed.clear()
            await all.changed.wait()
        print(all.count, flush=True)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
