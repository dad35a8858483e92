"""The life of a process: build, say ready, run until told to stop, drain, leave.

A background task that dies takes the process with it: a supervisor starts it again, and nobody
is fooled by a process that is up and does nothing.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol, TypeVar, cast

import uvloop
from prometheus_client import Histogram

from common import log
from common.config import ConfigError, ServiceConfig
from common.health import Health
from common.ids import name_instance

logger = log.get(__name__)
LOOK_SECONDS = 0.02
_BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
LATE = Histogram(
    # anything above 0.05: something computes on the loop that belongs into a thread, and everybody
    # this process serves waits for it
    "kith_loop_late_seconds", "How late the event loop came to a timer that is set all the time.",
    buckets=_BOUNDS,
)  # fmt: skip
HELD = Histogram(
    # late and not held: the machine had no core for it, or another thread the interpreter's lock
    "kith_loop_held_seconds", "How much of being late the event loop's own thread was computing.",
    buckets=_BOUNDS,
)  # fmt: skip


class HasService(Protocol):
    """Settings of a service: at least those every service has."""

    @property
    def service(self) -> ServiceConfig:
        """The settings every service has."""
        ...


Settings = TypeVar("Settings", bound=HasService)
Build = Callable[["Lifecycle"], AbstractAsyncContextManager[object]]


class Lifecycle:
    """What the parts of one process share about its life."""

    def __init__(self) -> None:
        self.health = Health()
        self._stop = asyncio.Event()
        self._starting: asyncio.Task[Any] | None = None
        self._failure: BaseException | None = None

    def stop(self) -> None:
        """Ask the process to end, also when it is still starting; returns at once."""
        self._stop.set()
        if self._starting is not None:
            self._starting.cancel()
            self._starting = None

    def fail(self, name: str, error: BaseException) -> None:
        """End the process with exit code 1 because a part of it is broken."""
        logger.error("process.part_failed", part=name, exc_info=error)
        self._failure = self._failure or error
        self.stop()

    @asynccontextmanager
    async def background(self, name: str, work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
        """Run `work` beside the block, cancelled at its end; if it fails, so does the process."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(lambda done: self._watch(name, done))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    def _watch(self, name: str, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fail(name, error)

    async def run(self, build: Build) -> int:
        """Live one life; the exit code of the process: 1 when a part of it failed, else 0."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        self._starting = asyncio.current_task()
        try:
            async with build(self):
                self._starting = None
                await self._serve()
        except asyncio.CancelledError:
            if not self._stop.is_set():
                raise
            cast(asyncio.Task[Any], asyncio.current_task()).uncancel()  # told to stop starting
        except Exception as error:
            logger.error("process.failed", exc_info=error)
            return 1
        logger.info("process.stopped")
        return 1 if self._failure else 0

    async def _serve(self) -> None:
        await self.health.begin()
        settle_memory()
        logger.info("process.ready")
        watched = asyncio.create_task(watch_loop(), name="loop")
        await self._stop.wait()
        watched.cancel()
        logger.info("process.stopping")
        await self.health.end()


def settle_memory() -> None:
    """Let the collector pass over what was made while starting, which lives as long as the process:
    walking it takes 50 ms at a time, in which the event loop stands still."""
    gc.collect()
    gc.freeze()


async def watch_loop() -> None:
    """Measure for ever how long the event loop keeps others waiting.

    A stall is seen less the part of LOOK_SECONDS in which it began.
    """
    loop = asyncio.get_running_loop()
    while True:
        due, computed = loop.time() + LOOK_SECONDS, time.thread_time()
        await asyncio.sleep(LOOK_SECONDS)
        late = max(0.0, loop.time() - due)
        LATE.observe(late)
        HELD.observe(min(late, time.thread_time() - computed))


def run(build: Build) -> int:
    """Run `build` in a fresh event loop until SIGTERM, SIGINT or failure; the exit code."""

    async def live() -> int:
        return await Lifecycle().run(build)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(live())


def main(
    name: str,
    arguments: Sequence[str],
    load: Callable[[Mapping[str, str]], Settings],
    build: Callable[[Settings, Lifecycle], AbstractAsyncContextManager[object]],
) -> int:
    """The `main` of every service: `python -m NAME run`; the exit code of the process.

    `load` makes the settings from the environment and raises ConfigError; exit code 2 says that
    the command or the settings are wrong.
    """
    if list(arguments) != ["run"]:
        sys.stderr.write(f"usage: python -m {name} run\n")
        return 2
    try:
        settings = load(os.environ)  # noqa: TID251  # handed to config.py, which alone reads it
    except ConfigError as error:
        sys.stderr.write(f"{name}: {error}\n")
        return 2
    log.configure(name, settings.service.log_level)
    name_instance(name, settings.service.instance)
    return run(lambda life: build(settings, life))
