"""The only place that constructs anything with I/O."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from common import grpc_server, health, mongo, telemetry
from common.clock import Clock, SystemClock
from common.config import Address
from common.kafka_consumer import Consumer
from common.kafka_producer.nowhere import Nowhere
from common.lifecycle import Lifecycle
from common.service_tokens import Peers
from policy.authorize import authorize
from policy.services import GRANTS

from gateway.adapters.clients import Keys, Services, connect
from gateway.adapters.descriptors import raise_descriptors
from gateway.adapters.lines import Lines
from gateway.adapters.mongo import MongoRecords, prepare
from gateway.adapters.verifier import Verifier
from gateway.application.catching_up import CatchingUp
from gateway.application.connections import Connections
from gateway.application.ended import LIFE_SECONDS, Ended
from gateway.application.idempotency import Once, Records
from gateway.application.limits import Limits
from gateway.application.watching import Watches
from gateway.config import NOWHERE, Config, Outside
from gateway.entrypoints.consumers import SESSION_GROUP, SESSION_TOPICS, session_handlers
from gateway.entrypoints.events import Events
from gateway.entrypoints.frames import CHANGES, MAX_FRAME_BYTES, anew, behind, news_of
from gateway.entrypoints.grpc import Door
from gateway.entrypoints.http.admission import Admission
from gateway.entrypoints.http.app import rest
from gateway.entrypoints.http.entry import Entry, Rest
from gateway.entrypoints.http.idempotent import Idempotent
from gateway.entrypoints.http.marks import Marks
from gateway.entrypoints.http.protocol import HttpProtocol
from gateway.entrypoints.http.upgrade import Upgrade
from gateway.entrypoints.missed import missed
from gateway.entrypoints.stream import Stream

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
        peers = Peers(NAME, settings.service_key, settings.service_keys, GRANTS, clock)
        channels = await stack.enter_async_context(connect(_addresses(config), peers.vouch))
        services = Services(channels)
        keys = Keys(services)
        catching_up = CatchingUp(missed(services), behind, anew, CHANGES)
        ended, now = Ended(time.monotonic), asyncio.get_running_loop().time
        watches = Watches(catching_up, now)
        verifier = Verifier(keys.fetch, clock, ended)
        database = await stack.enter_async_context(
            mongo.connect(settings.mongodb_uri.reveal(), f"{settings.database_prefix}_{NAME}")
        )
        await stack.enter_async_context(life.background("answers", prepare(database)))
        lines = Lines(config.instances, peers.vouch("messaging"), watches, news_of)
        ends = Consumer(
            settings.kafka, group=SESSION_GROUP, alone=True, topics=SESSION_TOPICS,
            handlers=session_handlers(ended, watches), producer=Nowhere(settings.kafka, NAME),
            tracing=tracing, topic_prefix=settings.topic_prefix, back=LIFE_SECONDS,
        )  # fmt: skip
        life.health.add("keys", keys.check)
        life.health.add("sessions", ends.check)
        admission = Admission(verifier, Limits(config.outside.rates, time.monotonic))
        stream = Stream(watches, admission, verifier, clock, services)
        for name, work in (
            ("lines", lines.run()), ("ends", ends.run()),
        ):  # fmt: skip
            await stack.enter_async_context(life.background(name, work))
        events = Events(watches, admission, clock)
        routes = guarded(services, admission, MongoRecords(database), clock, events)
        marks = Marks(config.outside.origins, config.outside.behind_tls)
        http = await stack.enter_async_context(
            health.serve_http(
                Entry(routes, stream, life.health, tracing, marks), settings.http_listen,
                **http_options(config.outside.within(raise_descriptors())),
            )
        )  # fmt: skip
        await stack.enter_async_context(life.background("connections", stream.watch()))
        if config.inside != NOWHERE:
            await stack.enter_async_context(
                health.serve_http(health.asgi(life.health), config.inside)
            )
        grpc = await stack.enter_async_context(
            grpc_server.serve(
                settings.grpc_listen,
                grpc_server.Interceptor(verifier, tracing, authorize, peers=peers),
                life.health, lambda server: server.add_generic_rpc_handlers((Door(channels),)),
            )
        )  # fmt: skip
        yield App(http, grpc)


def guarded(
    services: Services, admission: Admission, records: Records, clock: Clock, events: Events
) -> Rest:
    """REST with the door around it."""
    app = rest(services, admission)
    return Rest(app, admission, Idempotent(app, admission, Once(records, clock)), events)


def http_options(outside: Outside) -> Mapping[str, object]:
    """What uvicorn is told."""
    connections = Connections(outside.connections, outside.is_proxy)
    return {
        "http": partial(HttpProtocol, connections), "lifespan": "off", "server_header": False,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "proxy_headers": bool(outside.proxies), "forwarded_allow_ips": list(outside.proxies),
        "ws": partial(Upgrade, MAX_FRAME_BYTES),
    }  # fmt: skip


def _addresses(config: Config) -> dict[str, Address]:
    """Where each service behind the doors is."""
    return {
        "identity": config.service.identity, "community": config.community,
        "messaging": config.messaging, "programs": config.programs,
        "outcomes": config.outcomes, "signals": config.signals,
    }  # fmt: skip
