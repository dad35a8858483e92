"""The only place that constructs anything with I/O."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from common import auth, grpc_server, health, telemetry
from common.clock import SystemClock
from common.config import Address
from common.kafka_consumer import Consumer
from common.lifecycle import Lifecycle
from policy.authorize import authorize

from gateway.adapters.clients import Keys, Services, connect
from gateway.adapters.dead_letters import Nowhere
from gateway.application.push import Pusher
from gateway.application.sockets import Sockets
from gateway.config import Config
from gateway.entrypoints.consumers import TOPICS, Listener, group, handlers
from gateway.entrypoints.grpc import Door
from gateway.entrypoints.http.app import rest
from gateway.entrypoints.http.entry import Entry
from gateway.entrypoints.http.protocol import Protocol as HttpProtocol
from gateway.entrypoints.stream import MAX_FRAME_BYTES, Stream, frames
from gateway.entrypoints.stream import Protocol as StreamProtocol

NAME = "gateway"
KEEP_ALIVE_SECONDS = 65  # longer than load balancers keep a connection they may use again


@dataclass(frozen=True, slots=True)
class App:
    """Where the running gateway is reached."""

    http: Address
    grpc: Address


@asynccontextmanager
async def build(config: Config, life: Lifecycle) -> AsyncIterator[App]:
    """The whole gateway, running until the block ends."""
    settings = config.service
    clock = SystemClock()
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # its `info` names addresses
    async with AsyncExitStack() as stack:
        tracing = telemetry.configure(NAME, settings.traces, settings.trace_ratio)
        stack.callback(tracing.close)
        channels = await stack.enter_async_context(connect(_addresses(config)))
        services = Services(channels)
        keys = Keys(services)
        verifier = auth.Verifier(keys.fetch, clock)
        sockets = Sockets()
        pusher = Pusher(sockets, frames(services))

        def make_consumer() -> Consumer:
            return Consumer(
                settings.kafka, group=group(), topics=TOPICS, handlers=handlers(pusher),
                producer=Nowhere(settings.kafka, NAME), tracing=tracing,
                topic_prefix=settings.topic_prefix, from_now=True,
            )  # fmt: skip

        listener = Listener(make_consumer)
        life.health.add("keys", keys.check)
        life.health.add("push", listener.check)
        await stack.enter_async_context(life.background("pusher", pusher.run()))
        await stack.enter_async_context(life.background("listener", listener.run()))
        stream = Stream(sockets, verifier, clock, listener.heard)
        http = await stack.enter_async_context(
            health.serve_http(
                Entry(rest(services, verifier), stream, life.health, tracing),
                settings.http_listen, **HTTP_OPTIONS,
            )
        )  # fmt: skip
        grpc = await stack.enter_async_context(
            grpc_server.serve(
                settings.grpc_listen, grpc_server.Interceptor(verifier, tracing, authorize),
                life.health, lambda server: server.add_generic_rpc_handlers((Door(channels),)),
            )
        )  # fmt: skip
        yield App(http, grpc)


HTTP_OPTIONS: Mapping[str, object] = {
    "http": HttpProtocol, "lifespan": "off", "proxy_headers": False, "server_header": False,
    "timeout_keep_alive": KEEP_ALIVE_SECONDS,
    "ws": StreamProtocol, "ws_max_size": MAX_FRAME_BYTES, "ws_per_message_deflate": False,
}  # fmt: skip


def _addresses(config: Config) -> dict[str, Address]:
    """Where each service behind the doors is."""
    return {
        "identity": config.service.identity, "community": config.community,
        "messaging": config.messaging, "programs": config.programs,
        "outcomes": config.outcomes, "signals": config.signals,
    }  # fmt: skip
