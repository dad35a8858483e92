"""The life of a real process: what signals and broken parts do to it, and its exit code."""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from common import lifecycle
from common.config import ConfigError, Reader, ServiceConfig
from common.lifecycle import Lifecycle
from common.testing.poll import until
from prometheus_client import REGISTRY

ROOT = Path(__file__).parents[4]


@asynccontextmanager
async def living(build: str) -> AsyncIterator[Process]:
    """A process with one of the builds of small_process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "libs.common.tests.small_process", build,
        cwd=ROOT, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _said(process: Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.readline()).decode().strip()


async def _ended(process: Process) -> tuple[int, list[str], list[str]]:
    """Exit code, what it said, and the events it logged."""
    out, err = await process.communicate()
    logged = [json.loads(line)["event"] for line in err.decode().splitlines()]
    assert process.returncode is not None
    return process.returncode, out.decode().splitlines(), logged


async def _is_ready(address: str) -> bool:
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /readyz HTTP/1.0\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_drains_the_process_and_it_exits_with_0(number: signal.Signals) -> None:
    async with living("serving") as process:
        address = await _said(process)
        await until(lambda: _is_ready(address))
        process.send_signal(number)
        code, said, logged = await _ended(process)
    assert code == 0
    assert said == ["stopping True", "part drained", "closed"]
    assert logged == ["process.ready", "process.stopping", "process.stopped"]


async def test_a_second_signal_does_not_cut_the_drain_short() -> None:
    async with living("serving") as process:
        address = await _said(process)
        await until(lambda: _is_ready(address))
        process.send_signal(signal.SIGTERM)
        assert await _said(process) == "stopping True"
        process.send_signal(signal.SIGTERM)
        code, said, _ = await _ended(process)
    assert (code, said) == (0, ["part drained", "closed"])


async def test_a_part_that_dies_takes_the_process_with_it() -> None:
    async with living("dying") as process:
        code, said, logged = await _ended(process)
    assert code == 1
    assert said == ["draining", "part drained"]
    assert logged == [
        "process.ready", "process.part_failed", "process.stopping", "process.stopped",
    ]  # fmt: skip


async def test_a_signal_during_start_up_gives_up_starting() -> None:
    async with living("starting") as process:
        assert await _said(process) == "starting"
        process.send_signal(signal.SIGTERM)
        code, said, logged = await _ended(process)
    assert (code, said, logged) == (0, ["gave up", "part drained"], ["process.stopped"])


async def test_a_part_that_dies_during_start_up_ends_it() -> None:
    async with living("dying_while_starting") as process:
        code, said, logged = await _ended(process)
    assert (code, said) == (1, ["part drained"])
    assert logged == ["process.part_failed", "process.stopped"]


async def test_what_cannot_be_built_exits_with_1_and_one_line() -> None:
    async with living("broken") as process:
        code, said, logged = await _ended(process)
    assert (code, said, logged) == (1, ["part drained"], ["process.failed"])


async def test_what_breaks_at_the_end_is_told() -> None:
    async with living("broken_at_the_end") as process:
        assert await _said(process) == "serving"
        process.send_signal(signal.SIGTERM)
        code, _, logged = await _ended(process)
    assert code == 1
    assert logged[-1] == "process.failed"


async def test_a_part_that_ends_by_itself_ends_nothing_else() -> None:
    life = Lifecycle()

    async def once() -> None:
        pass

    async with life.background("once", once()):
        await asyncio.sleep(0)
    assert not life._stop.is_set()


async def test_a_loop_that_stood_still_is_seen() -> None:
    def late() -> float:
        found = (
            REGISTRY.get_sample_value("kith_loop_held_seconds_bucket", {"le": le})
            for le in ("+Inf", "0.2")
        )
        every, short = (value or 0.0 for value in found)
        return every - short

    @asynccontextmanager
    async def build(life: Lifecycle) -> AsyncIterator[None]:
        async def busy() -> None:
            before = late()
            while late() == before:
                done = time.thread_time() + 0.3
                while time.thread_time() < done:
                    pass  # computes, and lets nobody else
                await asyncio.sleep(0.01)
            life.stop()

        async with life.background("busy", busy()):
            yield

    assert await Lifecycle().run(build) == 0


async def test_the_collector_does_not_walk_what_was_made_while_starting() -> None:
    """Or each full collection stops the loop for as long as it takes to walk all of it."""
    made: list[object] = []

    @asynccontextmanager
    async def build(life: Lifecycle) -> AsyncIterator[None]:
        made.extend([number] for number in range(1000))
        asyncio.get_running_loop().call_soon(watch, life)
        yield

    def watch(life: Lifecycle) -> None:
        if gc.get_freeze_count():
            left.append(any(one is made[0] for one in gc.get_objects()))
            life.stop()
        else:
            asyncio.get_running_loop().call_later(0.01, watch, life)

    left: list[bool] = []
    try:
        assert await Lifecycle().run(build) == 0
    finally:
        gc.unfreeze()
    assert left == [False]


async def test_a_cancelled_run_is_cancelled_and_not_ended_well() -> None:
    entered = asyncio.Event()

    @asynccontextmanager
    async def build(life: Lifecycle) -> AsyncIterator[None]:
        entered.set()
        await asyncio.Event().wait()
        yield

    task = asyncio.create_task(Lifecycle().run(build))
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@dataclass(frozen=True)
class Settings:
    """As a service's config.py has them."""

    service: ServiceConfig


def _load(environment: Mapping[str, str]) -> Settings:
    reader = Reader(environment)
    settings = Settings(ServiceConfig.read(reader))
    reader.done()
    return settings


def _build(settings: Settings, life: Lifecycle) -> AbstractAsyncContextManager[None]:
    raise AssertionError("not reached")


def test_wrong_settings_exit_with_2_and_name_all_of_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(environment: Mapping[str, str]) -> Settings:
        raise ConfigError("settings: KITH_KAFKA is not set; KITH_IDENTITY must be host:port")

    assert lifecycle.main("svc", ["run"], fail, _build) == 2
    assert capsys.readouterr().err == (
        "svc: settings: KITH_KAFKA is not set; KITH_IDENTITY must be host:port\n"
    )


def test_another_command_than_run_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert lifecycle.main("svc", ["fly"], _load, _build) == 2
    assert capsys.readouterr().err == "usage: python -m svc run\n"


async def test_a_service_knows_which_instance_it_is() -> None:
    async with living("named") as process:
        assert await _said(process) == "True"
        process.send_signal(signal.SIGTERM)
        assert (await _ended(process))[0] == 0
