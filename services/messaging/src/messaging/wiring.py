"""The only place that constructs anything with I/O."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from common import auth, grpc_client, grpc_server, health, kafka_producer, mongo, telemetry
from common.clock import Clock, SystemClock
from common.config import Address, ServiceConfig
from common.kafka_consumer import Consumer, Handlers
from common.kafka_producer.nowhere import Nowhere
from common.lifecycle import Lifecycle
from common.outbox import Relay
from common.retention import declare
from common.service_tokens import Peers
from erasure import consumer as erasing
from erasure.eraser import Eraser
from erasure.marks import Marks
from erasure.tombstones import Tombstones
from export.records import add_records
from grpc.aio import Server
from kith.messaging.v1.delivery_service_pb2_grpc import (
    add_DeliveryServiceServicer_to_server as register_delivery,
)
from policy.authorize import authorize
from policy.services import GRANTS

from messaging.adapters.announcing import Announcer
from messaging.adapters.block_events import ERASED
from messaging.adapters.clients import jwks_of
from messaging.adapters.conversation_keys import ConversationKeys
from messaging.adapters.erasing import steps
from messaging.adapters.exporting import kinds
from messaging.adapters.forgetting import Forgetting
from messaging.adapters.master_keys import FolderKeys
from messaging.adapters.mongo import INDEXES, Networks
from messaging.adapters.mongo_blocks import COLLECTION as BLOCKS
from messaging.adapters.mongo_imports import COLLECTION as IMPORTS
from messaging.adapters.mongo_marks import MARKS
from messaging.adapters.mongo_reports import REPORTS
from messaging.adapters.retention import RULES
from messaging.adapters.rewrapping import Rewrapping
from messaging.application.hub import Hub
from messaging.application.noting import Writing
from messaging.application.presence import Noticing
from messaging.application.tails import Tails
from messaging.config import Config
from messaging.entrypoints import erased, ties
from messaging.entrypoints.consumers import GROUP, TOPICS, handlers
from messaging.entrypoints.deliveries import GROUP as DELIVERY_GROUP
from messaging.entrypoints.deliveries import TOPICS as DELIVERY_TOPICS
from messaging.entrypoints.deliveries import handlers as delivered
from messaging.entrypoints.deliveries import slots
from messaging.entrypoints.delivery import DeliveryService
from messaging.entrypoints.grpc import register_services
from messaging.entrypoints.seats import Writes

NAME = "messaging"
RELAYS = ["messages", "seats", BLOCKS, MARKS, REPORTS, IMPORTS]
"""The collections with an outbox."""


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
        relay = Relay(database, RELAYS, producer, source=f"/{NAME}")
        await stack.enter_async_context(life.background("relay", relay.run()))  # ends last
        keys = await _keys(config, database, clock, life, stack)
        networks = Networks(
            database, keys, partial(relay.offer, "messages"), relay.room, relay.wake
        )  # fmt: skip
        networks.let_go = let_go = Tombstones(producer, NAME, ERASED)
        peers = Peers(NAME, settings.service_key, settings.service_keys, GRANTS, clock)
        identity = await stack.enter_async_context(
            grpc_client.connect(settings.identity, vouch=peers.vouch("identity"))
        )
        verifier = auth.Verifier(jwks_of(identity), clock)
        interceptor = grpc_server.Interceptor(verifier, tracing, authorize, peers=peers)
        tails, hub = Tails(), Hub(lambda: clock.now().timestamp())
        deliveries = Consumer(
            settings.kafka, group=DELIVERY_GROUP, topics=DELIVERY_TOPICS,
            handlers=delivered(networks, hub), producer=producer, tracing=tracing,
            topic_prefix=settings.topic_prefix, given=slots(hub),
        )  # fmt: skip

        erasures = erasing.consumer(
            settings.kafka, NAME, erasing.handlers(
                Eraser(NAME, database, steps(let_go), clock, Marks(database, config.erasure_key)),
                erasing.Publisher(NAME, producer, config.erasure_key), _forgetting(networks, tails),
            ),
            producer, tracing, settings.topic_prefix,
        )  # fmt: skip
        life.health.add("mongodb", database.ping)
        await stack.enter_async_context(_listening(life, "erasures", erasures))
        await _hear(
            settings, (
                *_hearing(config, database, networks, partial(Writing, tails=tails, hub=hub)),
                erased.handlers(_forgetting(networks, tails)),
            ), producer, tracing, life, stack,
        )  # fmt: skip

        def register(server: Server) -> None:
            register_services(server, networks, clock, tails, hub)
            announce = Announcer(producer, f"/{NAME}").typing
            register_delivery(
                DeliveryService(networks, hub, verifier, announce, Noticing(networks.of, clock)),
                server,
            )
            add_records(server, database, kinds(keys))

        http = await stack.enter_async_context(
            health.serve_http(health.asgi(life.health), settings.http_listen)
        )
        grpc = await stack.enter_async_context(
            grpc_server.serve(settings.grpc_listen, interceptor, life.health, register)
        )
        stack.callback(hub.leave)  # before the server waits for its streams
        await stack.enter_async_context(_listening(life, "deliveries", deliveries))
        yield App(grpc, http)


def _forgetting(networks: Networks, tails: Tails) -> Callable[[UUID], None]:
    """What is remembered here is read anew when somebody was erased."""

    def forget(network_id: UUID) -> None:
        networks.forget(network_id)
        tails.forget_all()

    return forget


@asynccontextmanager
async def _listening(life: Lifecycle, name: str, consumer: Consumer) -> AsyncIterator[None]:
    """A consumer at work, and asked whether the service is ready."""
    life.health.add(name, consumer.check)
    async with life.background(name, consumer.run()):
        yield


def _hearing(
    config: Config, database: mongo.Database, networks: Networks, writes: Writes
) -> tuple[Handlers, Handlers]:
    """What to do with events about members, and about who is close to whom."""
    erased = Marks(database, config.erasure_key)
    members = handlers(networks, erased.joined, writes, SystemClock())
    return members, ties.handlers(networks, writes, SystemClock())


async def _hear(
    settings: ServiceConfig, hearing: tuple[Handlers, Handlers, Handlers],
    producer: kafka_producer.Producer, tracing: telemetry.Tracing, life: Lifecycle,
    stack: AsyncExitStack,
) -> None:  # fmt: skip
    """Hear who is a member, who is close to whom, and that somebody was erased. While ties are not
    heard, who came close asks first a little longer: nobody is kept from talking for it, as by a
    service that is not ready."""
    listen = partial(
        Consumer, settings.kafka, producer=producer, tracing=tracing,
        topic_prefix=settings.topic_prefix,
    )  # fmt: skip
    members, close, gone = hearing
    consumer = listen(group=GROUP, topics=TOPICS, handlers=members)
    told = listen(group=ties.GROUP, topics=ties.TOPICS, handlers=close)
    elsewhere = listen(
        group=erased.GROUP, alone=True, topics=erased.TOPICS, handlers=gone,
        back=erased.BACK_SECONDS, producer=Nowhere(settings.kafka, NAME),
    )  # fmt: skip
    await stack.enter_async_context(_listening(life, "consumer", consumer))
    await stack.enter_async_context(life.background("ties", told.run()))
    await stack.enter_async_context(_listening(life, "erased", elsewhere))


async def _keys(
    config: Config, database: mongo.Database, clock: Clock, life: Lifecycle, stack: AsyncExitStack
) -> ConversationKeys:
    """The keys of conversations, kept up to date, beside forgetting what is over. Raises
    UnknownMasterKey."""
    master_keys = FolderKeys(config.message_keys, clock)
    keys = ConversationKeys(database, master_keys)
    rewrapping = Rewrapping(database, master_keys, keys)
    await rewrapping.check()
    await stack.enter_async_context(life.background("rewrapping", rewrapping.run()))
    forgetting = Forgetting(database, clock)
    await stack.enter_async_context(life.background("forgetting", forgetting.run()))
    return keys
