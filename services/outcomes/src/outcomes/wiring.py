"""The only place that constructs anything with I/O."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from common import auth, grpc_client, grpc_server, health, kafka_producer, mongo, telemetry
from common.clock import SystemClock
from common.config import Address
from common.lifecycle import Lifecycle
from common.outbox import Relay
from common.retention import declare
from common.service_tokens import Peers
from erasure import consumer as erasing
from erasure.eraser import Eraser
from export.records import add_records
from grpc.aio import Server
from policy.authorize import authorize
from policy.services import GRANTS

from outcomes.adapters.clients import jwks_of
from outcomes.adapters.erasing import STEPS
from outcomes.adapters.exporting import KINDS
from outcomes.adapters.mongo import INDEXES, MongoNetworks
from outcomes.adapters.retention import RULES
from outcomes.config import Config
from outcomes.entrypoints.grpc import register_services

NAME = "outcomes"


@dataclass(frozen=True, slots=True)
class App:
    """Where the running service is reached."""

    grpc: Address
    http: Address


@asynccontextmanager
async def build(config: Config, life: Lifecycle) -> AsyncIterator[App]:
    """The whole service, running until the block ends."""
    settings = config.service
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        tracing = telemetry.configure(NAME, settings.traces, settings.trace_ratio)
        stack.callback(tracing.close)
        database = await stack.enter_async_context(
            mongo.connect(settings.mongodb_uri.reveal(), f"{settings.database_prefix}_{NAME}")
        )
        await database.create_collections(INDEXES)
        await declare(database, RULES)
        producer = await stack.enter_async_context(
            kafka_producer.connect(settings.kafka, NAME, settings.topic_prefix)
        )
        relay = Relay(database, ["responses"], producer, source=f"/{NAME}")
        await stack.enter_async_context(life.background("relay", relay.run()))  # ends last
        networks = MongoNetworks(database, relay.wake)
        peers = Peers(NAME, settings.service_key, settings.service_keys, GRANTS, clock)
        identity = await stack.enter_async_context(
            grpc_client.connect(settings.identity, vouch=peers.vouch("identity"))
        )
        verifier = auth.Verifier(jwks_of(identity), clock)
        interceptor = grpc_server.Interceptor(verifier, tracing, authorize, peers=peers)
        erasures = erasing.consumer(
            settings.kafka, NAME, erasing.handlers(
                Eraser(NAME, database, STEPS, clock),
                erasing.Publisher(NAME, producer, config.erasure_key),
            ),
            producer, tracing, settings.topic_prefix,
        )  # fmt: skip
        life.health.add("mongodb", database.ping)
        life.health.add("erasures", erasures.check)
        await stack.enter_async_context(life.background("erasures", erasures.run()))

        def register(server: Server) -> None:
            register_services(server, networks, clock)
            add_records(server, database, KINDS)

        http = await stack.enter_async_context(
            health.serve_http(health.asgi(life.health), settings.http_listen)
        )
        grpc = await stack.enter_async_context(
            grpc_server.serve(
                settings.grpc_listen, interceptor, life.health,
                register,
            )
        )  # fmt: skip
        yield App(grpc, http)
