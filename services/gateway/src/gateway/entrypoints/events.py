"""GET /v1/stream as server-sent events (WHATWG HTML, section 9.2): for devices behind something
that lets no WebSocket through. The same frames come, one in each event; sending goes over REST.

`resume` tells how far the device is: `conversation:sequence`, joined by commas. When a browser
comes back by itself, `Last-Event-ID` does, for the conversations that went on last; of all others
it is told how far they go (`behind`), to compare with what it has. The last event is `close`, with
what the WebSocket would have closed with.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import msgspec
from common.clock import Clock
from common.errors import Invalid
from policy.authorize import authorize
from policy.table import STREAM

from gateway.application.devices import OVER, Device, Over
from gateway.application.watching import Watches
from gateway.entrypoints import frames
from gateway.entrypoints.http.admission import Admission
from gateway.entrypoints.http.asgi import Receive, Scope, Send

QUEUE_FRAMES = 256
PLACES = 50
"""Of so many conversations the id of an event tells the place: those that went on last."""
BEAT_SECONDS = 20.0
READY_SECONDS = 5.0
SLOW_SECONDS = 30.0
_BEAT = b":\n\n"
_HEADERS = [
    (b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]  # fmt: skip


class _Place(msgspec.Struct, rename="camel"):
    conversation_id: str
    sequence: int


class _Message(msgspec.Struct):
    type: str
    message: _Place | None = None


_decoder = msgspec.json.Decoder(_Message)


class Events:
    """The ASGI application of all event streams."""

    def __init__(self, watches: Watches, admission: Admission, clock: Clock) -> None:
        self._watches = watches
        self._admission = admission
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI. Raises what refuses the caller, and Invalid for a `resume` that is none."""
        caller = await self._admission.caller(scope)
        authorize(caller, STREAM)
        resume, known_only = resume_of(scope)
        listener = Listener()
        device = self._watches.open(caller, listener)
        listener.device = device
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            begin = partial(self._begin, listener, device, resume, known_only)
            await self._tell(listener, device, begin, receive, send)
        finally:
            self._watches.close(device)

    async def _tell(
        self, listener: Listener, device: Device, begin: Callable[[], Coroutine[Any, Any, None]],
        receive: Receive, send: Send,
    ) -> None:  # fmt: skip
        parts = [
            asyncio.create_task(begin()),
            asyncio.create_task(_gone(receive)),
            asyncio.create_task(self._write(listener, send)),
        ]
        try:
            left = device.caller.expires_at - self._clock.now().timestamp()
            expired = asyncio.get_running_loop().call_later(
                max(left, 0.0), listener.close, 4401, "the access token has expired; sign in again"
            )
            await asyncio.wait(parts[1:], return_when=asyncio.FIRST_COMPLETED)
            expired.cancel()
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)

    async def _begin(
        self, listener: Listener, device: Device, resume: Mapping[str, int] | None,
        known_only: bool,
    ) -> None:  # fmt: skip
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._watches.begin(device, frames.READY, resume, known_only=known_only)
        except TimeoutError:
            listener.close(1013, "messages cannot be pushed now; try again")

    async def _write(self, listener: Listener, send: Send) -> None:
        while True:
            body = await listener.next(BEAT_SECONDS)
            async with asyncio.timeout(SLOW_SECONDS):  # a device that does not read is let go
                await send({"type": "http.response.body", "body": body, "more_body": True})
            if listener.over and not listener.waiting:
                await send({"type": "http.response.body", "body": b""})
                return
            if listener.device is not None and listener.device.slow and not listener.waiting:
                self._watches.quick(listener.device)


class Listener:
    """What waits to be sent as events. Implements devices.Sink."""

    def __init__(self) -> None:
        self.device: Device | None = None
        self.waiting: deque[bytes] = deque()
        self.over = False
        self._wake = asyncio.Event()
        self._places: OrderedDict[str, int] = OrderedDict()

    def write(self, frame: bytes) -> None:
        """See devices.Sink."""
        if self.over:
            return
        self.waiting.append(self._event(frame))
        self._wake.set()
        if len(self.waiting) >= QUEUE_FRAMES and self.device is not None:
            self.device.slow = True

    def gather(self, frame: bytes) -> None:
        """See devices.Sink; everything gathers here until it can be sent."""
        self.write(frame)

    def end(self, why: Over) -> None:
        """See devices.Sink."""
        self.close(*OVER[why])

    def close(self, code: int, reason: str) -> None:
        """Say why and end."""
        if not self.over:
            self.over = True
            told = json.dumps({"code": code, "reason": reason})
            self.waiting.append(f"event: close\ndata: {told}\n\n".encode())
            self._wake.set()

    async def next(self, seconds: float) -> bytes:
        """What has gathered; a comment if nothing does for so long."""
        try:
            async with asyncio.timeout(seconds):
                while not self.waiting:
                    self._wake.clear()
                    await self._wake.wait()
        except TimeoutError:
            return _BEAT
        body = b"".join(self.waiting)
        self.waiting.clear()
        return body

    def _event(self, frame: bytes) -> bytes:
        told = _decoder.decode(frame)
        if told.type != "message" or told.message is None:
            return b"data: %s\n\n" % frame
        place = told.message
        self._places[place.conversation_id] = place.sequence
        self._places.move_to_end(place.conversation_id)
        if len(self._places) > PLACES:
            self._places.popitem(last=False)
        id = ",".join(f"{talk}:{sequence}" for talk, sequence in self._places.items())
        return b"id: %s\ndata: %s\n\n" % (id.encode(), frame)


def resume_of(scope: Scope) -> tuple[Mapping[str, int] | None, bool]:
    """How far the device says it is, None if it does not; and whether it may know more than it
    says. Raises Invalid."""
    asked = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    told = asked.get("resume", [None])[-1]
    last = next((value for name, value in scope["headers"] if name == b"last-event-id"), b"")
    if told is None and not last:
        return None, False
    return _places(told or "") | _places(last.decode("latin-1")), told is None


def _places(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in filter(None, text.split(",")):
        talk, _, sequence = each.partition(":")
        if not talk or not sequence.isascii() or not sequence.isdigit() or len(sequence) > 18:
            raise Invalid("resume is conversation:sequence,…", field="resume")
        found[talk] = int(sequence)
    if len(found) > frames.MOST_POSITIONS:
        raise Invalid(f"resume names at most {frames.MOST_POSITIONS} conversations", field="resume")
    return found


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
