"""Identity behind a real gRPC channel, as its callers see it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import grpc
from common import auth, grpc_client, grpc_server, telemetry
from common.config import Address
from common.health import Health
from common.testing.clock import FakeClock
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from erasure.naming import hasher
from identity.adapters import passwords
from identity.adapters.consent_receipts import DEVELOPMENT, SignedReceipts
from identity.adapters.export_seal import X25519Seal
from identity.adapters.export_sources import SERVICES
from identity.adapters.join_links import SealedJoinLinks
from identity.adapters.mail_seal import MailSeal
from identity.adapters.master_key import KeyedDigest, MasterKey
from identity.adapters.mongo_roster import EligibleHasher
from identity.adapters.signing_keys import KeyRing
from identity.adapters.tokens import SignedTokens
from identity.adapters.totp import TotpFactors
from identity.adapters.webauthn_passkeys import WebauthnAuthenticators
from identity.application.apply import Joining
from identity.application.change_roles import Roles
from identity.application.ensure_operator import EMAIL, ensure_operator
from identity.application.exporting import Exporting
from identity.application.leave import Leaving
from identity.application.outgoing_mail import Outgoing
from identity.application.passkeys import Passkeys
from identity.application.ports import Directory
from identity.application.ports_profile import Closeness
from identity.application.profiles import ProfileBook
from identity.application.send_mails import Postman
from identity.application.step_up import StepUp
from identity.application.take_tie import TieBook
from identity.application.throttle import Throttle
from identity.domain.mail import Letter
from identity.domain.network import OPERATOR_SLUG
from identity.domain.text import Texts
from identity.entrypoints.audit import ahead, recorder
from identity.entrypoints.grpc import register_services
from identity.entrypoints.ports import Ports
from kith.identity.v1 import audit_service_pb2_grpc as audit_grpc_api
from kith.identity.v1 import consent_service_pb2_grpc as consent_grpc_api
from kith.identity.v1 import device_service_pb2 as device_api
from kith.identity.v1 import device_service_pb2_grpc as device_grpc_api
from kith.identity.v1 import erasure_service_pb2_grpc as erasure_grpc
from kith.identity.v1 import export_service_pb2_grpc as export_grpc
from kith.identity.v1 import hold_service_pb2_grpc as hold_grpc
from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as api
from kith.identity.v1 import identity_service_pb2_grpc as grpc_api
from kith.identity.v1 import joining_service_pb2_grpc as joining_grpc_api
from kith.identity.v1 import network_service_pb2_grpc as network_grpc_api
from kith.identity.v1 import passkey_service_pb2_grpc as passkey_grpc_api
from kith.identity.v1 import profile_service_pb2_grpc as profile_grpc_api
from kith.identity.v1 import recovery_service_pb2_grpc as recovery_grpc_api
from kith.identity.v1 import role_service_pb2_grpc as role_grpc_api
from kith.identity.v1 import totp_service_pb2_grpc as totp_grpc_api
from policy.authorize import authorize
from policy.services import GRANTS

from libs.common.tests import service_keys
from services.identity.tests.authenticator import ORIGIN, RP_ID
from services.identity.tests.builders import NOW, PASSWORD, TEXTS
from services.identity.tests.fakes import FakeLevels
from services.identity.tests.fakes_joining import FakePost
from services.identity.tests.fakes_passkeys import FakeAnswered

GRACE = timedelta(days=7)
STEP_UP = timedelta(minutes=10)
ANY_PORT = Address("127.0.0.1", 0)
CHEAP = {"memory_kib": 8, "passes": 1, "lanes": 1, "workers": 2}


class Client:
    """The stubs of identity, and the short way to call them."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.networks = grpc_api.NetworkServiceStub(channel)
        self.joining = joining_grpc_api.JoiningServiceStub(channel)
        self.roster = joining_grpc_api.RosterServiceStub(channel)
        self.recovery = recovery_grpc_api.RecoveryServiceStub(channel)
        self.settings = network_grpc_api.NetworkSettingsServiceStub(channel)
        self.invites = grpc_api.InviteServiceStub(channel)
        self.accounts = grpc_api.AccountServiceStub(channel)
        self.sessions = grpc_api.SessionServiceStub(channel)
        self.devices = device_grpc_api.DeviceServiceStub(channel)
        self.totp = totp_grpc_api.TotpServiceStub(channel)
        self.consents = grpc_api.ConsentServiceStub(channel)
        self.consent_records = consent_grpc_api.ConsentRecordServiceStub(channel)
        self.erasures = erasure_grpc.ErasureServiceStub(channel)
        self.holds = hold_grpc.HoldServiceStub(channel)
        self.exports = export_grpc.ExportServiceStub(channel)
        self.audit = audit_grpc_api.AuditServiceStub(channel)
        self.passkeys = passkey_grpc_api.PasskeyServiceStub(channel)
        self.roles = role_grpc_api.RoleServiceStub(channel)
        self.profiles = profile_grpc_api.ProfileServiceStub(channel)

    async def sign_in(
        self, email: str, *, network: str = "berlin", password: str = PASSWORD, label: str = ""
    ) -> pb.Session:
        request = api.CreateSessionRequest(
            network=network, email=email, password=password, device_label=label
        )
        return (await grpc_client.call(self.sessions.CreateSession, request)).session

    async def refresh(self, session: pb.Session, request_id: str = "") -> pb.Session:
        request = device_api.RefreshSessionRequest(
            refresh_token=session.refresh_token, request_id=request_id
        )
        return (await grpc_client.call(self.devices.RefreshSession, request)).session

    async def devices_of(self, session: pb.Session) -> list[pb.Device]:
        """The list of devices as this one sees it."""
        reply = await grpc_client.call(
            self.devices.ListSessions, device_api.ListSessionsRequest(), token=session.access_token
        )
        return list(reply.devices)

    async def operator(self) -> str:
        """The operator's token."""
        return (await self.sign_in(EMAIL, network=OPERATOR_SLUG)).access_token

    async def create_network(self, slug: str = "berlin") -> api.CreateNetworkResponse:
        request = api.CreateNetworkRequest(slug=slug, display_name=slug.title())
        return await grpc_client.call(
            self.networks.CreateNetwork, request, token=await self.operator()
        )

    async def register(
        self, code: str, handle: str = "ada", *, email: str = "", password: str = PASSWORD
    ) -> pb.Account:
        request = api.RegisterRequest(
            invite_code=code, handle=handle, email=email or f"{handle}@example.org",
            password=password, service_text_version=1,
        )  # fmt: skip
        return (await grpc_client.call(self.accounts.Register, request)).account

    async def admin(self, network: str = "berlin") -> str:
        """The token of the admin of a new network."""
        created = await self.create_network(network)
        await self.register(created.admin_invite.code, "admin")
        return (await self.sign_in("admin@example.org", network=network)).access_token

    async def invite(
        self, admin: str, max_uses: int = 1, roles: Iterable[pb.Role.ValueType] = ()
    ) -> str:
        """The code of a new invite."""
        request = api.CreateInviteRequest(max_uses=max_uses, roles=roles)
        reply = await grpc_client.call(self.invites.CreateInvite, request, token=admin)
        return reply.invite.code

    async def member(self, admin: str, handle: str = "ada", network: str = "berlin") -> str:
        """The token of a new member."""
        await self.register(await self.invite(admin), handle)
        return (await self.sign_in(f"{handle}@example.org", network=network)).access_token


@dataclass(frozen=True, slots=True)
class Door:
    """A served identity and a client of it."""

    client: Client
    clock: FakeClock
    key: Ed25519PrivateKey
    ports: Ports
    post: FakePost
    postman: Postman
    address: Address
    stranger: Client  # whoever reaches the port without being a service

    async def deliver(self) -> list[Letter]:
        """Send what is due; the letters that left."""
        before = len(self.post.letters)
        for mail in await self.ports.directory.mails.due(self.clock.now(), 100):
            await self.postman.step(mail)
        return self.post.letters[before:]


async def _nothing_waits() -> None:
    """There is no relay behind this door."""


@asynccontextmanager
async def opened(
    directory: Directory, texts: Texts = TEXTS, closeness: Closeness | None = None
) -> AsyncIterator[Door]:
    """Identity served over `directory` until the block ends."""
    clock, key = FakeClock(NOW), Ed25519PrivateKey.generate()
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(passwords.start(**CHEAP))
        leaving = Leaving(directory, clock, GRACE, hasher(b"tests"))
        throttle = Throttle(FakeLevels(), KeyedDigest(bytes(32)), clock)
        factors = TotpFactors(MasterKey(bytes(32)))
        codes, signed = KeyedDigest(b"c" * 32), SignedTokens(KeyRing.of(key), texts)
        seal, links = MailSeal(MasterKey(bytes(32))), SealedJoinLinks(MasterKey(bytes(32)))
        outgoing = Outgoing(directory.mails, seal, KeyedDigest(b"m" * 32), clock)
        ports = Ports(
            directory,
            ours,
            signed,
            clock,
            throttle,
            factors,
            codes,
            _nothing_waits,
            leaving,
            ProfileBook(directory, closeness or TieBook(directory), clock),
            Roles(directory, clock),
            Passkeys(
                directory,
                ours,
                signed,
                WebauthnAuthenticators(RP_ID, [ORIGIN]),
                FakeAnswered(),
                KeyedDigest(b"p" * 32),
                clock,
                outgoing,
            ),
            Joining(
                directory,
                ours,
                clock,
                texts,
                outgoing,
                EligibleHasher(KeyedDigest(b"r" * 32)),
                links,
            ),
            outgoing,
            texts,
            SignedReceipts(key, DEVELOPMENT),
            Exporting(directory, X25519Seal(), SERVICES, clock),
            StepUp(directory, clock, STEP_UP),
            ahead(directory.audit, clock),
        )
        post = FakePost()
        secrets = KeyedDigest(b"l" * 32)
        postman = Postman(directory, directory.mails, post, seal, secrets, clock, links)
        await ensure_operator(directory, ours, clock, PASSWORD)

        async def jwks() -> str:
            return ports.tokens.jwks()

        interceptor = grpc_server.Interceptor(
            auth.Verifier(jwks, clock), telemetry.configure("identity", "off"), authorize,
            recorder(directory.audit, clock), service_keys.peers("identity", GRANTS, clock),
        )  # fmt: skip
        address = await stack.enter_async_context(
            grpc_server.serve(
                ANY_PORT,
                interceptor,
                Health(),
                lambda server: register_services(server, ports),
            )
        )
        channel = await stack.enter_async_context(
            grpc_client.connect(
                address,
                vouch=service_keys.peers("gateway", GRANTS, clock).vouch("identity"),
            )
        )
        strange = await stack.enter_async_context(grpc_client.connect(address))
        yield Door(Client(channel), clock, key, ports, post, postman, address, Client(strange))
