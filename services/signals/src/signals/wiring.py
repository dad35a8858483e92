"""The only place that constructs anything with I/O."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import grpc
from common import auth, grpc_client, grpc_server, health, kafka_producer, mongo, telemetry
from common.clock import SystemClock
from common.kafka_consumer import Consumer
from common.lifecycle import Lifecycle
from common.retention import declare
from common.service_tokens import Peers
from erasure import consumer as erasing
from erasure.eraser import Eraser
from export.records import add_records
from kith.signals.v1 import signals_service_pb2_grpc as grpc_api
from policy.authorize import authorize
from policy.services import GRANTS

from signals.adapters.accesses import Accesses
from signals.adapters.clients import jwks_of
from signals.adapters.erasing import STEPS
from signals.adapters.exporting import KINDS
from signals.adapters.mongo import INDEXES, MongoWriter, signals_of
from signals.adapters.retention import RULES
from signals.config import Config
from signals.domain.parameters import Parameters
from signals.entrypoints.consumers import GATHER_MILLIS, GROUP, TOPICS, Projection
from signals.entrypoints.grpc import SignalService
from signals.entrypoints.streams import Stream
from signals.entrypoints.worker import Worker, running

NAME = "signals"


@asynccontextmanager
async def build(config: Config, life: Lifecycle) -> AsyncIterator[None]:
    """The whole service, running until the block ends."""
    settings = config.service
    clock, parameters = SystemClock(), Parameters()
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
        projection = Projection(MongoWriter(database, clock))
        consumer = Consumer(
            settings.kafka, group=GROUP, topics=TOPICS, handlers=projection.handlers(),
            producer=producer, tracing=tracing, topic_prefix=settings.topic_prefix,
            flush=projection.flush, gather_millis=GATHER_MILLIS,
        )  # fmt: skip
        peers = Peers(NAME, settings.service_key, settings.service_keys, GRANTS, clock)
        identity = await stack.enter_async_context(
            grpc_client.connect(settings.identity, vouch=peers.vouch("identity"))
        )
        verifier = auth.Verifier(jwks_of(identity), clock)
        accesses = Accesses(producer, clock)
        interceptor = grpc_server.Interceptor(verifier, tracing, authorize, accesses.record, peers)
        worker = Worker(settings.kafka, settings.topic_prefix)
        stream = Stream(producer, parameters, worker, tracing)

        def register(server: grpc.aio.Server) -> None:
            service = SignalService(
                lambda network: signals_of(database, network), parameters, clock
            )
            grpc_api.add_SignalServiceServicer_to_server(service, server)
            add_records(server, database, KINDS)

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
        for name, check in (
            ("kafka", producer.check), ("consumer", consumer.check), ("faust", worker.check),
            ("stream", stream.check),
        ):  # fmt: skip
            life.health.add(name, check)
        await stack.enter_async_context(running(worker, stream, life))
        await stack.enter_async_context(life.background("consumer", consumer.run()))
        await stack.enter_async_context(
            health.serve_http(health.asgi(life.health), settings.http_listen)
        )
        await stack.enter_async_context(
            grpc_server.serve(settings.grpc_listen, interceptor, life.health, register)
        )
        yield
