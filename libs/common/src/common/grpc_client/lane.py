"""The stream that calls share: opened when it is wanted, whole frames written and read, given up
when it breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import grpc
import msgspec

from common import log
from common.grpc_client.frames import (
    FRAME_BYTES,
    METHOD,
    Answer,
    Call,
    Calls,
    decode_answers,
    encode,
)

logger = log.get(__name__)
Metadata = Sequence[tuple[str, str]]
REOPEN_SECONDS = 1.0


class Broken(Exception):  # no error to anybody: it is caught here
    """The stream ended before the call was answered: it may or may not have been served."""


class Lane:
    """The stream to a service: opened when it is first wanted, and again when it broke."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._open: Any = channel.stream_stream(METHOD)
        self._stream: Stream | None = None
        self._task: asyncio.Task[None] | None = None
        self._reopen_at = 0.0

    def stream(self) -> Stream | None:
        """The stream, if calls can be made on it; else one is being opened for those to come."""
        if self._stream is not None and self._stream.ready:
            return self._stream
        now = asyncio.get_running_loop().time()
        if (self._task is None or self._task.done()) and now >= self._reopen_at:
            self._reopen_at = now + REOPEN_SECONDS
            self._stream = Stream()
            self._task = asyncio.create_task(self._stream.run(self._open()), name="carried-calls")
        return None

    async def close(self) -> None:
        """Hang up; who still waits for an answer has none."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])


class Stream:
    """Calls on their way, by number."""

    def __init__(self) -> None:
        self.ready = False
        self._next = 0
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._queued: list[Call] = []
        self._cancelled: list[int] = []
        self._wake = asyncio.Event()

    async def ask(
        self, method: str, content: bytes, seconds: float | None, metadata: Metadata
    ) -> Answer:
        """The answer to a call. Raises Broken, or TimeoutError after `seconds`."""
        self._next += 1
        id = self._next
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[id] = answered
        self._queued.append(Call(id, method, content, seconds, list(metadata)))
        self._wake.set()
        try:
            async with asyncio.timeout(seconds):
                return await answered
        finally:
            if self._waiting.pop(id, None) is not None:  # not answered: we gave up
                self._cancelled.append(id)
                self._wake.set()

    async def run(self, call: Any) -> None:
        """Write and read until the server or the connection ends it."""
        writing = asyncio.create_task(self._write(call), name="carried-calls-write")
        try:
            while (frame := await call.read()) is not grpc.aio.EOF:
                answers = decode_answers(frame)
                for answer in answers.answers:
                    self._settle(answer)
                self.ready = not answers.leaving
                self._wake.set()
        except (grpc.aio.AioRpcError, msgspec.DecodeError, asyncio.InvalidStateError):
            call.cancel()
        finally:
            self.ready = False
            call.cancel()
            writing.cancel()
            await asyncio.wait([writing])
            for answered in self._waiting.values():
                if not answered.done():
                    answered.set_exception(Broken())
            self._waiting.clear()

    def _settle(self, answer: Answer) -> None:
        answered = self._waiting.pop(answer.id, None)
        if answered is not None and not answered.done():
            answered.set_result(answer)

    async def _write(self, call: Any) -> None:
        """Send what has gathered while the last frame was sent; say that no more comes when the
        server is leaving."""
        was_ready = False
        try:
            while not was_ready or self.ready or self._queued:
                await self._wake.wait()
                self._wake.clear()
                was_ready = was_ready or self.ready
                while self._queued or self._cancelled:
                    await call.write(self._frame())
            await call.done_writing()
        except Exception as error:
            if not isinstance(error, (grpc.aio.AioRpcError, asyncio.InvalidStateError)):
                logger.error("grpc.carried_calls_not_written", exc_info=error)
            call.cancel()  # and the reader tells everybody: nothing more would be written

    def _frame(self) -> bytes:
        calls: list[Call] = []
        size = taken = 0
        for queued in self._queued:
            if size >= FRAME_BYTES:
                break
            taken += 1
            if queued.id in self._waiting:
                calls.append(queued)
                size += queued.size
        del self._queued[:taken]
        cancelled, self._cancelled = self._cancelled, []
        return encode(Calls(calls, cancelled))
