"""The services behind the doors: channels, stubs, and which calls may be repeated."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import grpc
from common import grpc_client
from common.config import Address
from common.service_tokens import Vouch
from kith.community.v1 import case_service_pb2_grpc as cases
from kith.community.v1 import community_service_pb2_grpc as community
from kith.community.v1 import connection_service_pb2_grpc as connections
from kith.community.v1 import resource_service_pb2_grpc as resources
from kith.identity.v1 import audit_service_pb2_grpc as audit
from kith.identity.v1 import consent_service_pb2_grpc as consent_records
from kith.identity.v1 import device_service_pb2_grpc as devices
from kith.identity.v1 import erasure_service_pb2_grpc as erasures
from kith.identity.v1 import export_service_pb2_grpc as exports
from kith.identity.v1 import hold_service_pb2_grpc as holds
from kith.identity.v1 import identity_service_pb2 as identity_api
from kith.identity.v1 import identity_service_pb2_grpc as identity
from kith.identity.v1 import joining_service_pb2_grpc as joining
from kith.identity.v1 import network_service_pb2_grpc as network_settings
from kith.identity.v1 import passkey_service_pb2_grpc as passkeys
from kith.identity.v1 import profile_service_pb2_grpc as profiles
from kith.identity.v1 import recovery_service_pb2_grpc as recovery
from kith.identity.v1 import role_service_pb2_grpc as roles
from kith.identity.v1 import totp_service_pb2_grpc as totp
from kith.messaging.v1 import availability_service_pb2_grpc as availability
from kith.messaging.v1 import contact_service_pb2_grpc as contacts
from kith.messaging.v1 import group_service_pb2_grpc as groups
from kith.messaging.v1 import messaging_service_pb2_grpc as messaging
from kith.messaging.v1 import presence_service_pb2_grpc as presence
from kith.messaging.v1 import receipt_service_pb2_grpc as receipts
from kith.messaging.v1 import report_service_pb2_grpc as reports
from kith.messaging.v1 import seat_service_pb2_grpc as seats
from kith.messaging.v1 import words_service_pb2_grpc as words
from kith.outcomes.v1 import outcomes_service_pb2_grpc as outcomes
from kith.programs.v1 import programs_service_pb2_grpc as programs
from kith.signals.v1 import signals_service_pb2_grpc as signals

Channels = Mapping[str, grpc.aio.Channel]

# What has the same effect however often it is done: reading, setting, ending, and creating with
# an id that the client (or this gateway for it) chose. Never the imports: a stream is not repeated.
RETRIED: Mapping[str, tuple[str, ...]] = {
    "identity": (
        "kith.identity.v1.NetworkService",
        "kith.identity.v1.NetworkSettingsService/LookUpNetwork",
        "kith.identity.v1.RecoveryService/RequestEmailVerification",
        "kith.identity.v1.RecoveryService/ResetPassword",
        "kith.identity.v1.JoiningService/CompleteApplication",
        "kith.identity.v1.JoiningService/ListApplications",
        "kith.identity.v1.JoiningService/ApproveApplication",
        "kith.identity.v1.JoiningService/DeclineApplication",
        "kith.identity.v1.JoiningService/ListInvites",
        "kith.identity.v1.JoiningService/RevokeInvite",
        "kith.identity.v1.RosterService/CountEligible",
        "kith.identity.v1.AccountService/GetAccount",
        "kith.identity.v1.AccountService/ListAccounts",
        "kith.identity.v1.AccountService/UpdateRoles",
        "kith.identity.v1.SessionService/GetJwks",
        "kith.identity.v1.DeviceService",
        "kith.identity.v1.TotpService/GetTotp",
        "kith.identity.v1.ConsentService",
        "kith.identity.v1.ConsentRecordService",
        "kith.identity.v1.ErasureService",
        "kith.identity.v1.HoldService",
        "kith.identity.v1.AuditService",
        "kith.identity.v1.ProfileService",
        "kith.identity.v1.PasskeyService/ListPasskeys",
        "kith.identity.v1.PasskeyService/RenamePasskey",
        "kith.identity.v1.PasskeyService/DeletePasskey",
        "kith.identity.v1.PasskeyService/BeginPasskeySession",
        "kith.identity.v1.RoleService",
        "kith.identity.v1.ExportService/GetExport",
        "kith.identity.v1.ExportService/DeleteExport",
        "kith.identity.v1.ExportService/ReadExport",
    ),
    "community": (
        "kith.community.v1.CircleService",
        "kith.community.v1.PostService",
        "kith.community.v1.CaseService",
        "kith.community.v1.ConnectionService",
        "kith.community.v1.ResourceService",
    ),
    "messaging": (
        "kith.messaging.v1.ConversationService",
        "kith.messaging.v1.SeatService",
        "kith.messaging.v1.GroupService",
        "kith.messaging.v1.ContactService",
        "kith.messaging.v1.AvailabilityService",
        "kith.messaging.v1.PresenceService",
        "kith.messaging.v1.ReceiptService",
        "kith.messaging.v1.WordsService",
        "kith.messaging.v1.ReportService",
        "kith.messaging.v1.MessageService/SendMessage",
        "kith.messaging.v1.MessageService/ListMessages",
    ),
    "programs": ("kith.programs.v1.ProgramService", "kith.programs.v1.EnrollmentService"),
    "outcomes": ("kith.outcomes.v1.ResponseService",),
    "signals": ("kith.signals.v1.SignalService",),
}

# What comes so often that a call each would cost more than what it asks for.
CARRIED: Mapping[str, tuple[str, ...]] = {
    "messaging": (
        "kith.messaging.v1.MessageService/SendMessage",
        "kith.messaging.v1.MessageService/ListMessages",
    ),
}


@asynccontextmanager
async def connect(
    addresses: Mapping[str, Address], vouch: Callable[[str], Vouch]
) -> AsyncIterator[Channels]:
    """A channel to each service, by its name; none of them needs to be there yet.

    `vouch` gives what signs for the calls that are in no member's name, by the service called.
    """
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(
                grpc_client.connect(address, RETRIED[name], CARRIED.get(name, ()), vouch(name))
            )
            for name, address in addresses.items()
        }


class Services:
    """The stubs of everything REST speaks to."""

    def __init__(self, channels: Channels) -> None:
        self.networks = identity.NetworkServiceStub(channels["identity"])
        self.network_settings = network_settings.NetworkSettingsServiceStub(channels["identity"])
        self.joining = joining.JoiningServiceStub(channels["identity"])
        self.roster = joining.RosterServiceStub(channels["identity"])
        self.recovery = recovery.RecoveryServiceStub(channels["identity"])
        self.invites = identity.InviteServiceStub(channels["identity"])
        self.accounts = identity.AccountServiceStub(channels["identity"])
        self.sessions = identity.SessionServiceStub(channels["identity"])
        self.erasures = erasures.ErasureServiceStub(channels["identity"])
        self.holds = holds.HoldServiceStub(channels["identity"])
        self.exports = exports.ExportServiceStub(channels["identity"])
        self.devices = devices.DeviceServiceStub(channels["identity"])
        self.totp = totp.TotpServiceStub(channels["identity"])
        self.consents = identity.ConsentServiceStub(channels["identity"])
        self.consent_records = consent_records.ConsentRecordServiceStub(channels["identity"])
        self.roles = roles.RoleServiceStub(channels["identity"])
        self.passkeys = passkeys.PasskeyServiceStub(channels["identity"])
        self.profiles = profiles.ProfileServiceStub(channels["identity"])
        self.audit = audit.AuditServiceStub(channels["identity"])
        self.circles = community.CircleServiceStub(channels["community"])
        self.cases = cases.CaseServiceStub(channels["community"])
        self.connections = connections.ConnectionServiceStub(channels["community"])
        self.posts = community.PostServiceStub(channels["community"])
        self.resources = resources.ResourceServiceStub(channels["community"])
        self._messaging(channels["messaging"])
        self.programs = programs.ProgramServiceStub(channels["programs"])
        self.enrollments = programs.EnrollmentServiceStub(channels["programs"])
        self.responses = outcomes.ResponseServiceStub(channels["outcomes"])
        self.signals = signals.SignalServiceStub(channels["signals"])

    def _messaging(self, channel: grpc.aio.Channel) -> None:
        self.conversations = messaging.ConversationServiceStub(channel)
        self.seats = seats.SeatServiceStub(channel)
        self.groups = groups.GroupServiceStub(channel)
        self.availability = availability.AvailabilityServiceStub(channel)
        self.presence = presence.PresenceServiceStub(channel)
        self.contacts = contacts.ContactServiceStub(channel)
        self.messages = messaging.MessageServiceStub(channel)
        self.reports = reports.ReportServiceStub(channel)
        self.words = words.WordsServiceStub(channel)
        self.receipts = receipts.ReceiptServiceStub(channel)


class Keys:
    """The public keys of identity, and whether they were ever had."""

    def __init__(self, services: Services) -> None:
        self._sessions = services.sessions
        self._had = False

    async def fetch(self) -> str:
        """Ask identity for its keys as JWKS (RFC 7517). Raises what it answered with."""
        reply = await grpc_client.call(self._sessions.GetJwks, identity_api.GetJwksRequest())
        self._had = True
        return reply.jwks

    async def check(self) -> None:
        """Raise until keys were had once: with them the door stays open when identity is away."""
        if not self._had:
            await self.fetch()
