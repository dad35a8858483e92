"""The only place that constructs anything with I/O."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial

from common import auth, grpc_client, grpc_server, health, kafka_producer, mongo, telemetry
from common.clock import SystemClock
from common.config import Address
from common.kafka_consumer import Consumer
from common.lifecycle import Lifecycle
from common.outbox import Relay
from common.retention import declare
from common.service_tokens import Peers
from erasure.events import topic_of
from erasure.naming import hasher
from policy.authorize import authorize
from policy.services import GRANTS

from identity.adapters import passwords
from identity.adapters.consent_receipts import SignedReceipts
from identity.adapters.export_seal import X25519Seal
from identity.adapters.export_sources import RETRIED, OwnRecords, RemoteRecords
from identity.adapters.heard_closeness import HeardCloseness
from identity.adapters.join_links import SealedJoinLinks
from identity.adapters.keeping import Keeping
from identity.adapters.mail_seal import MailSeal
from identity.adapters.master_key import KeyedDigest
from identity.adapters.mongo import INDEXES, TOLD, MongoDirectory
from identity.adapters.mongo_answered import MongoAnswered
from identity.adapters.mongo_case_notes import MongoCaseNotes
from identity.adapters.mongo_erasures import MongoDue
from identity.adapters.mongo_exports import MongoDueExports
from identity.adapters.mongo_levels import MongoLevels
from identity.adapters.mongo_roster import EligibleHasher
from identity.adapters.retention import RULES
from identity.adapters.signing_keys import KeyRing, SigningKey, read_folder
from identity.adapters.tokens import SignedTokens
from identity.adapters.tombstone import Tombstone
from identity.adapters.totp import TotpFactors
from identity.adapters.webauthn_passkeys import WebauthnAuthenticators
from identity.application.advance_erasure import Advance
from identity.application.apply import Joining
from identity.application.change_roles import Roles
from identity.application.collect_export import Collect
from identity.application.ensure_operator import ensure_operator
from identity.application.export_ports import Source
from identity.application.exporting import Exporting
from identity.application.leave import Leaving
from identity.application.outgoing_mail import Outgoing
from identity.application.passkeys import Passkeys
from identity.application.profiles import ProfileBook
from identity.application.send_mails import Postman
from identity.application.step_up import StepUp
from identity.application.take_tie import TieBook
from identity.application.throttle import Throttle
from identity.config import Config, Erasing
from identity.entrypoints import case_notes, erasures, exports, mails, ties
from identity.entrypoints.audit import ahead, recorder
from identity.entrypoints.consumers import GROUP, TOPICS, handlers
from identity.entrypoints.grpc import register_services
from identity.entrypoints.ports import Ports

NAME = "identity"
MAIL_POLL_SECONDS = 2.0


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
        relay = Relay(database, TOLD, producer, source=f"/{NAME}")
        await stack.enter_async_context(life.background("relay", relay.run()))  # ends last
        keys = _keys(config)
        directory = await _directory(stack, life, database, relay, clock)
        erasing = config.erasing
        notes = MongoCaseNotes(database)
        advance = _advance(erasing, directory, notes, clock, Tombstone(producer))
        hashes = await stack.enter_async_context(passwords.start(**asdict(config.hashing)))
        tokens = SignedTokens(keys, config.texts)
        outgoing = _outgoing(config, directory, clock)
        closeness = await _hearing(stack, life, directory, partial(
            Consumer, settings.kafka, producer=producer, tracing=tracing,
            topic_prefix=settings.topic_prefix,
        ))  # fmt: skip
        ports = Ports(
            directory=directory,
            passwords=hashes,
            tokens=tokens,
            clock=clock,
            throttle=Throttle(
                MongoLevels(database), KeyedDigest(config.master_key.derive("throttle")), clock
            ),
            factors=TotpFactors(config.master_key),
            codes=KeyedDigest(config.master_key.derive("invites")),
            published=relay.published,
            leaving=Leaving(
                directory, clock, timedelta(seconds=erasing.grace_seconds), advance.member_hash
            ),
            profiles=ProfileBook(directory, closeness, clock),
            roles=Roles(directory, clock),
            passkeys=Passkeys(
                directory,
                hashes,
                tokens,
                WebauthnAuthenticators(config.relying_party.id, config.relying_party.origins),
                MongoAnswered(database),
                KeyedDigest(config.master_key.derive("passkeys")),
                clock,
                outgoing,
            ),
            joining=Joining(
                directory,
                hashes,
                clock,
                config.texts,
                outgoing,
                EligibleHasher(KeyedDigest(config.master_key.derive("roster"))),
                SealedJoinLinks(config.master_key),
            ),
            outgoing=outgoing,
            texts=config.texts,
            receipts=SignedReceipts(erasing.key, config.controller),
            step_up=StepUp(directory, clock, timedelta(seconds=config.step_up_seconds)),
            ahead=ahead(directory.audit, clock),
            exporting=Exporting(directory, X25519Seal(), (NAME, *config.exporting.services), clock),
        )
        await ensure_operator(
            ports.directory, ports.passwords, clock, config.operator_password.reveal()
        )
        await _listen(stack, life, "receipts", Consumer(
            settings.kafka, group=erasures.GROUP,
            topics=[topic_of(name) for name in advance.expected],
            handlers=erasures.handlers(advance, erasing.keys), producer=producer, tracing=tracing,
            topic_prefix=settings.topic_prefix,
        ))  # fmt: skip
        await _listen(stack, life, "cases", Consumer(
            settings.kafka, group=case_notes.GROUP, topics=case_notes.TOPICS,
            handlers=case_notes.handlers(notes, advance.look_again, directory.has_account),
            producer=producer,
            tracing=tracing, topic_prefix=settings.topic_prefix,
        ))  # fmt: skip
        await _mailing(stack, life, config, directory, clock)
        await _collecting(stack, life, config, database, Collect(
            directory, await _sources(stack, config, database, tokens, clock), X25519Seal(),
            outgoing, clock,
        ))  # fmt: skip
        await stack.enter_async_context(life.background(
            "erasures", erasures.drive(advance, MongoDue(database), clock, erasing.poll_seconds)
        ))  # fmt: skip
        interceptor = grpc_server.Interceptor(
            _verifier(ports),
            tracing,
            authorize,
            recorder(directory.audit, clock),
            Peers(NAME, settings.service_key, settings.service_keys, GRANTS, clock),
        )
        life.health.add("mongodb", database.ping)
        await stack.enter_async_context(life.background("keys", keys.watch()))
        http = await stack.enter_async_context(
            health.serve_http(health.asgi(life.health), settings.http_listen)
        )
        grpc = await stack.enter_async_context(
            grpc_server.serve(
                settings.grpc_listen, interceptor, life.health,
                lambda server: register_services(server, ports),
            )
        )  # fmt: skip
        yield App(grpc, http)


async def _directory(
    stack: AsyncExitStack, life: Lifecycle, database: mongo.Database, relay: Relay,
    clock: SystemClock,
) -> MongoDirectory:  # fmt: skip
    """What is kept, and kept also beyond its age while a legal hold is on it."""
    keeping = Keeping(database, RULES, clock)
    await stack.enter_async_context(life.background("keeping", keeping.run()))
    return MongoDirectory(database, relay.wake, keeping.wake)


async def _hearing(
    stack: AsyncExitStack, life: Lifecycle, directory: MongoDirectory,
    listen: Callable[..., Consumer],
) -> HeardCloseness:  # fmt: skip
    """Hear of what was shown and changed, and of who is close to whom, until the stack ends."""
    audit = listen(group=GROUP, topics=TOPICS, handlers=handlers(directory.audit))
    await stack.enter_async_context(life.background("consumer", audit.run()))
    book = TieBook(directory)
    told = listen(group=ties.GROUP, topics=ties.TOPICS, handlers=ties.handlers(book))
    await stack.enter_async_context(life.background("ties", told.run()))
    return HeardCloseness(book, told.check)


def _advance(
    erasing: Erasing,
    directory: MongoDirectory,
    notes: MongoCaseNotes,
    clock: SystemClock,
    let_go: Tombstone,
) -> Advance:
    """What drives erasures on."""
    return Advance(
        directory, notes, clock, settle=timedelta(seconds=erasing.settle_seconds),
        expected=sorted(erasing.keys.keys() - {NAME}),
        member_hash=hasher(erasing.key.private_bytes_raw()),
        sign=lambda receipt: receipt.signed(erasing.key), let_go=let_go,
    )  # fmt: skip


async def _listen(stack: AsyncExitStack, life: Lifecycle, name: str, consumer: Consumer) -> None:
    """Let a consumer take what comes until the stack ends."""
    life.health.add(name, consumer.check)
    await stack.enter_async_context(life.background(name, consumer.run()))


async def _collecting(
    stack: AsyncExitStack, life: Lifecycle, config: Config, database: mongo.Database,
    collect: Collect,
) -> None:  # fmt: skip
    """Let exports be collected until the stack ends."""
    due = MongoDueExports(database)
    clockwork = exports.drive(collect, due, collect.clock, config.exporting.poll_seconds)
    await stack.enter_async_context(life.background("exports", clockwork))


async def _sources(
    stack: AsyncExitStack, config: Config, database: mongo.Database, tokens: SignedTokens,
    clock: SystemClock,
) -> dict[str, Source]:  # fmt: skip
    """Whom to ask for what there is of a member."""
    sources: dict[str, Source] = {NAME: OwnRecords(database)}
    for name, address in config.exporting.services.items():
        channel = await stack.enter_async_context(grpc_client.connect(address, RETRIED))
        sources[name] = RemoteRecords(
            channel, lambda account: tokens.sign_pass(account, clock.now())
        )  # fmt: skip
    return sources


def _outgoing(config: Config, directory: MongoDirectory, clock: SystemClock) -> Outgoing:
    """What puts mails into the queue; it is the same whether anybody empties it."""
    digest = KeyedDigest(config.master_key.derive("mail ids"))
    return Outgoing(directory.mails, MailSeal(config.master_key), digest, clock)


async def _mailing(
    stack: AsyncExitStack, life: Lifecycle, config: Config, directory: MongoDirectory,
    clock: SystemClock,
) -> None:  # fmt: skip
    """Let mails leave until the stack ends, where they do."""
    if postman := _postman(config, directory, clock):
        emptying = mails.drive(postman, directory.mails, clock, MAIL_POLL_SECONDS)
        await stack.enter_async_context(life.background("mails", emptying))


def _postman(config: Config, directory: MongoDirectory, clock: SystemClock) -> Postman | None:
    """What empties the queue of mails; None when mails do not leave."""
    post = config.mailing.post(clock)
    if post is None:
        return None
    key = config.master_key
    secrets = KeyedDigest(key.derive("mail links"))
    links = SealedJoinLinks(key)
    return Postman(directory, directory.mails, post, MailSeal(key), secrets, clock, links)


def _keys(config: Config) -> KeyRing:
    """The keys of the folder, if there is one, and the single key, which is older than all."""
    single = [SigningKey.of(config.signing_key)] if config.signing_key else []
    folder = config.signing_keys
    return KeyRing(lambda: single + (read_folder(folder) if folder else []))


def _verifier(ports: Ports) -> auth.Verifier:
    """Verifies tokens with identity's own keys, without a call to itself."""

    async def jwks() -> str:
        return ports.tokens.jwks()

    return auth.Verifier(jwks, ports.clock)
