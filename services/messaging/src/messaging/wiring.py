"""The only place that constructs anything with I/O."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import grpc
from common import auth, grpc_client, grpc_server, health, kafka_producer, mongo, telemetry
from common.clock import SystemClock
from common.kafka_consumer import Consumer
from common.lifecycle import Lifecycle
from common.outbox import Relay
from kith.messaging.v1 import messaging_service_pb2_grpc as grpc_api

from messaging.adapters.clients import jwks_of
from messaging.adapters.mongo import INDEXES, Networks
from messaging.application.tails import Tails
from messaging.config import Config
from messaging.entrypoints.consumers import GROUP, TOPICS, handlers
from messaging.entrypoints.grpc import ConversationService, MessageService

NAME = "messaging"


@asynccontextmanager
async def build(config: Config, life: Lifecycle) -> AsyncIterator[None]:
    """The whole service, running until the block ends."""
    settings = config.service
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        tracing = telemetry.configure(NAME, settings.traces)
        stack.callback(tracing.close)
        database = await stack.enter_async_context(
            mongo.connect(settings.mongodb_uri, f"{settings.database_prefix}_{NAME}")
        )
        await database.create_collections(INDEXES)
        producer = await stack.enter_async_context(
            kafka_producer.connect(settings.kafka, NAME, settings.topic_prefix)
        )
        relay = Relay(database, ["messages"], producer, source=f"/{NAME}")
        networks = Networks(database, partial(relay.offer, "messages"), relay.room)
        consumer = Consumer(
            settings.kafka, group=GROUP, topics=TOPICS, handlers=handlers(networks),
            producer=producer, tracing=tracing, topic_prefix=settings.topic_prefix,
        )  # fmt: skip
        identity = await stack.enter_async_context(grpc_client.connect(settings.identity))
        interceptor = grpc_server.Interceptor(
            auth.Verifier(jwks_of(identity), clock), tracing, public=()
        )
        tails = Tails()

        def register(server: grpc.aio.Server) -> None:
            grpc_api.add_ConversationServiceServicer_to_server(
                ConversationService(networks, clock), server
            )
            grpc_api.add_MessageServiceServicer_to_server(
                MessageService(networks, tails, clock), server
            )

        life.health.add("mongodb", database.ping)
        life.health.add("kafka", producer.check)
        life.health.add("consumer", consumer.check)
        await stack.enter_async_context(life.background("relay", relay.run()))
        await stack.enter_async_context(life.background("consumer", consumer.run()))
        await stack.enter_async_context(
            health.serve_http(health.asgi(life.health), settings.http_listen)
        )
        await stack.enter_async_context(
            grpc_server.serve(settings.grpc_listen, interceptor, life.health, register)
        )
        yield
