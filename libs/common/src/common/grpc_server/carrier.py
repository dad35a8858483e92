"""Serves unary calls that come together on one stream (`common.grpc_client.carried`): each is
authenticated, decided, limited, traced, counted and answered as a call of its own would be."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple

import grpc
import msgspec

from common import log
from common.grpc_client.frames import (
    FRAME_BYTES,
    METHOD,
    Answer,
    Answers,
    Call,
    Calls,
    decode_calls,
    encode,
)
from common.grpc_errors import DETAILS

logger = log.get(__name__)
MOST_AT_ONCE = 1_000
"""Calls of one stream in the works or answered and not written yet; beyond it no more are read, and
the client's writing waits."""
MOST_UNWRITTEN_BYTES = 16 * 1024 * 1024
"""Of answers of one stream: a client that asks and does not read is not read either."""
MOST_ANSWER_BYTES = 4 * 1024 * 1024
_INVALID = grpc.StatusCode.INVALID_ARGUMENT
Serve = Callable[[Any, Any], Awaitable[bytes]]
Find = Callable[[str], Serve | None]


class Details(NamedTuple):
    """Of which method a handler is looked for (grpc.HandlerCallDetails)."""

    method: str
    invocation_metadata: tuple[tuple[str, str | bytes], ...] = ()


class Ended(Exception):  # a servicer's own end, not a failure
    """A call ended with this status."""

    def __init__(self, status: Any) -> None:
        super().__init__(status.details)
        self.status = status


class CarriedContext:
    """What of grpc's ServicerContext a call on a stream has."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._until = None if call.seconds is None else time.monotonic() + call.seconds

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        """What came with the call."""
        return tuple(self._call.metadata)

    def time_remaining(self) -> float | None:
        """Seconds until nobody waits any more; None if there is no deadline."""
        return None if self._until is None else max(0.0, self._until - time.monotonic())

    async def abort_with_status(self, status: Any) -> None:
        """End the call. Raises Ended."""
        raise Ended(status)


class Carrier:
    """The streams of a server."""

    def __init__(self, find: Find) -> None:
        """`find` gives what serves a unary method, everything around it included."""
        self._find = find
        self._rides: set[_Ride] = set()
        self._handler: Any = grpc.stream_stream_rpc_method_handler(self._carry)

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        """See grpc.GenericRpcHandler."""
        return self._handler if details.method == METHOD else None

    def leave(self) -> None:
        """Ask all clients to begin nothing more here; what was begun is finished."""
        for ride in self._rides:
            ride.leave()

    async def _carry(self, _requests: Any, context: Any) -> None:
        ride = _Ride(self._find, context)
        self._rides.add(ride)
        try:
            await ride.run()
        finally:
            self._rides.discard(ride)


class _Ride:
    """One stream of calls and answers."""

    def __init__(self, find: Find, context: Any) -> None:
        self._find = find
        self._context = context
        self._running: dict[int, asyncio.Task[None]] = {}
        self._answers: list[Answer] = []
        self._unwritten_bytes = 0
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._leaving = self._over = False

    def leave(self) -> None:
        """Say that the server stops."""
        self._leaving = True
        self._wake.set()

    async def run(self) -> None:
        """Serve until the client has said that no more comes and everything is answered."""
        writing = asyncio.create_task(self._write(), name="carrier-write")
        try:
            readable = await self._read()
            while readable and self._running:
                await asyncio.wait(list(self._running.values()))
            self._over = True
            self._wake.set()
            await writing  # nothing else may be said while a frame is on its way
            if not readable:
                await self._context.abort(_INVALID, "the frame is not one of calls")
        finally:
            running = [writing, *self._running.values()]
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _read(self) -> bool:
        """Begin what comes, until no more does; False if something cannot be read."""
        while (frame := await self._context.read()) is not grpc.aio.EOF:
            try:
                frames = decode_calls(frame)
            except msgspec.DecodeError:
                return False
            await self._take(frames)
        return True

    async def _take(self, frames: Calls) -> None:
        for call in frames.calls:
            if call.id not in self._running:
                serving = asyncio.create_task(self._serve(call, CarriedContext(call)))
                self._running[call.id] = serving
                serving.add_done_callback(partial(self._done, call.id))
        for id in frames.cancelled:
            if id in self._running:
                self._running[id].cancel()
        while self._full:
            self._room.clear()
            await self._room.wait()

    @property
    def _full(self) -> bool:
        calls = len(self._running) + len(self._answers)
        return calls >= MOST_AT_ONCE or self._unwritten_bytes >= MOST_UNWRITTEN_BYTES

    async def _serve(self, call: Call, context: CarriedContext) -> None:
        answer = await self._answer(call, context)
        self._answers.append(answer)
        self._unwritten_bytes += len(answer.content)
        self._wake.set()

    def _done(self, id: int, _task: asyncio.Task[None]) -> None:
        """Also of a call that was cancelled before it began, which runs nothing of its own."""
        del self._running[id]
        self._room.set()

    async def _answer(self, call: Call, context: CarriedContext) -> Answer:
        serve = self._find(call.method)
        if serve is None:
            code = grpc.StatusCode.UNIMPLEMENTED.value[0]
            return Answer(call.id, b"", code, "there is no such method")
        try:
            content = await serve(call.content, context)
        except Ended as ended:
            status = ended.status
            details = dict(status.trailing_metadata or ()).get(DETAILS, b"")
            return Answer(call.id, b"", status.code.value[0], status.details, details)
        except Exception as error:
            logger.error("grpc.internal_error", method=call.method, exc_info=error)
            return Answer(call.id, b"", grpc.StatusCode.INTERNAL.value[0], "internal error")
        if len(content) > MOST_ANSWER_BYTES:
            code = grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]
            return Answer(call.id, b"", code, "the answer is too large")
        return Answer(call.id, content)

    async def _write(self) -> None:
        """Send what has gathered while the last frame was sent; the first one says: I am here."""
        told = self._leaving
        await self._context.write(encode(Answers([], told)))
        while not self._over or self._answers:
            await self._wake.wait()
            self._wake.clear()
            while self._answers or told != self._leaving:
                told = self._leaving
                answers = self._frame()
                await self._context.write(encode(Answers(answers, told)))
                self._unwritten_bytes -= sum(len(one.content) for one in answers)
                self._room.set()

    def _frame(self) -> list[Answer]:
        size = taken = 0
        while taken < len(self._answers) and size < FRAME_BYTES:
            size += len(self._answers[taken].content)
            taken += 1
        answers = self._answers[:taken]
        del self._answers[:taken]
        return answers
