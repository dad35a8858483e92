"""A process as small as a service can be; it says on standard output what becomes of it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from common import health, lifecycle, log
from common.config import Address, Reader, ServiceConfig
from common.ids import instance_tag, tag_for
from common.lifecycle import Lifecycle

from libs.common.tests import service_keys


@dataclass(frozen=True)
class Settings:
    """As a service's config.py has them."""

    service: ServiceConfig

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """From the environment, or what does for a process that calls nobody."""
        stand_ins = {
            "KITH_KAFKA": "127.0.0.1:9", "KITH_MONGODB_URI": "mongodb://127.0.0.1:9/",
            "KITH_GRPC_LISTEN": "127.0.0.1:0", "KITH_HTTP_LISTEN": "127.0.0.1:0",
            "KITH_IDENTITY": "127.0.0.1:9", **service_keys.settings("community"),
        }  # fmt: skip
        reader = Reader({**environment, **stand_ins})
        settings = cls(ServiceConfig.read(reader))
        reader.done()
        return settings


def say(word: str) -> None:
    """Tell the test."""
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


async def work() -> None:
    """A part that runs until it is cancelled, and then takes its time."""
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0.1)
        say("part drained")


@asynccontextmanager
async def serving(life: Lifecycle) -> AsyncIterator[None]:
    """A door and a part."""
    async with (
        life.background("work", work()),
        health.serve_http(health.asgi(life.health), Address("127.0.0.1", 0)) as bound,
    ):
        say(str(bound))
        yield
        say(f"stopping {life.health.stopping}")
    say("closed")


@asynccontextmanager
async def dying(life: Lifecycle) -> AsyncIterator[None]:
    """A part that breaks when everything runs."""

    async def die() -> None:
        await asyncio.sleep(0.1)
        raise RuntimeError("a part is broken")

    async with life.background("work", work()), life.background("dies", die()):
        yield
        say("draining")


@asynccontextmanager
async def starting(life: Lifecycle) -> AsyncIterator[None]:
    """Never gets further than waiting for something that is away."""
    async with life.background("work", work()):
        say("starting")
        try:
            await asyncio.Event().wait()
        finally:
            say("gave up")
        yield


@asynccontextmanager
async def dying_while_starting(life: Lifecycle) -> AsyncIterator[None]:
    """A part breaks while another is waited for."""

    async def die() -> None:
        raise RuntimeError("a part is broken")

    async with life.background("work", work()), life.background("dies", die()):
        await asyncio.Event().wait()
        yield


@asynccontextmanager
async def broken(life: Lifecycle) -> AsyncIterator[None]:
    """Cannot be built."""
    async with life.background("work", work()):
        await asyncio.sleep(0)
        if life.health.started is False:
            raise OSError("the port is taken")
        yield


@asynccontextmanager
async def broken_at_the_end(life: Lifecycle) -> AsyncIterator[None]:
    """Breaks when it is closed."""
    say("serving")
    yield
    raise OSError("cannot close")


@asynccontextmanager
async def named(settings: Settings, life: Lifecycle) -> AsyncIterator[None]:
    """Says which instance of the service it is."""
    say(str(instance_tag() == tag_for("small", settings.service.instance) != 0))
    yield


BUILDS: dict[str, Callable[[Lifecycle], AbstractAsyncContextManager[None]]] = {
    build.__name__: build
    for build in (serving, dying, starting, dying_while_starting, broken, broken_at_the_end)
}

if __name__ == "__main__":
    if sys.argv[1] == "named":
        sys.exit(lifecycle.main("small", ["run"], Settings.of, named))
    log.configure("small", "info")
    sys.exit(lifecycle.run(BUILDS[sys.argv[1]]))
