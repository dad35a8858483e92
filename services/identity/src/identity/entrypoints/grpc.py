"""Identity's gRPC services: translate, one call, translate back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import grpc
from common import auth
from common.grpc_server import Context
from common.ids import parse_id
from kith.identity.v1 import audit_service_pb2_grpc as audit_grpc_api
from kith.identity.v1 import consent_service_pb2_grpc as consent_grpc_api
from kith.identity.v1 import device_service_pb2_grpc as device_grpc_api
from kith.identity.v1 import erasure_service_pb2_grpc as erasure_api
from kith.identity.v1 import export_service_pb2_grpc as export_api
from kith.identity.v1 import hold_service_pb2_grpc as hold_api
from kith.identity.v1 import identity_service_pb2 as api
from kith.identity.v1 import identity_service_pb2_grpc as grpc_api
from kith.identity.v1 import joining_service_pb2_grpc as joining_grpc_api
from kith.identity.v1 import network_service_pb2_grpc as network_grpc_api
from kith.identity.v1 import passkey_service_pb2_grpc as passkey_grpc_api
from kith.identity.v1 import profile_service_pb2_grpc as profile_grpc_api
from kith.identity.v1 import recovery_service_pb2_grpc as recovery_grpc_api
from kith.identity.v1 import role_service_pb2_grpc as role_grpc_api
from kith.identity.v1 import totp_service_pb2_grpc as totp_grpc_api

from identity.application import queries
from identity.application.create_invite import create_invite
from identity.application.create_network import NetworkWanted, create_network
from identity.application.holds import Holding
from identity.application.import_accounts import import_accounts
from identity.application.register import Application, register
from identity.domain import credentials
from identity.domain.account import Account, Events
from identity.domain.errors import EmailTaken
from identity.domain.granting import set_roles
from identity.domain.invite import USUAL_LIFE, Terms, network_of
from identity.domain.mail import Kind
from identity.domain.role import Role
from identity.entrypoints import imports, networks, translate
from identity.entrypoints.audit import AuditService
from identity.entrypoints.client_address import client_address
from identity.entrypoints.consents import ConsentRecordService, ConsentService
from identity.entrypoints.devices import DeviceService
from identity.entrypoints.exports import ExportService
from identity.entrypoints.grpc_erasure import ErasureService
from identity.entrypoints.holds import HoldService
from identity.entrypoints.joining import JoiningService, RosterService
from identity.entrypoints.networks import NetworkSettingsService, stated
from identity.entrypoints.passkeys import PasskeyService
from identity.entrypoints.ports import Ports
from identity.entrypoints.profiles import ProfileService
from identity.entrypoints.recovery import RecoveryService
from identity.entrypoints.roles import RoleService, as_seen
from identity.entrypoints.sessions import SessionService
from identity.entrypoints.totp import TotpService


def register_services(server: grpc.aio.Server, ports: Ports) -> None:
    """Add all services of identity to a server."""
    grpc_api.add_NetworkServiceServicer_to_server(NetworkService(ports), server)
    network_grpc_api.add_NetworkSettingsServiceServicer_to_server(
        NetworkSettingsService(ports), server
    )
    joining_grpc_api.add_JoiningServiceServicer_to_server(JoiningService(ports), server)
    joining_grpc_api.add_RosterServiceServicer_to_server(RosterService(ports), server)
    recovery_grpc_api.add_RecoveryServiceServicer_to_server(RecoveryService(ports), server)
    grpc_api.add_InviteServiceServicer_to_server(InviteService(ports), server)
    grpc_api.add_AccountServiceServicer_to_server(AccountService(ports), server)
    grpc_api.add_SessionServiceServicer_to_server(SessionService(ports), server)
    device_grpc_api.add_DeviceServiceServicer_to_server(DeviceService(ports), server)
    totp_grpc_api.add_TotpServiceServicer_to_server(TotpService(ports), server)
    grpc_api.add_ConsentServiceServicer_to_server(ConsentService(ports), server)
    consent_grpc_api.add_ConsentRecordServiceServicer_to_server(ConsentRecordService(ports), server)
    erasure_api.add_ErasureServiceServicer_to_server(
        ErasureService(ports.leaving, ports.step_up), server
    )
    holding = Holding(ports.directory, ports.clock)
    hold_api.add_HoldServiceServicer_to_server(HoldService(holding), server)
    export_api.add_ExportServiceServicer_to_server(
        ExportService(ports.exporting, ports.step_up), server
    )
    audit_grpc_api.add_AuditServiceServicer_to_server(AuditService(ports.directory), server)
    profile_grpc_api.add_ProfileServiceServicer_to_server(
        ProfileService(ports.profiles, ports.clock, ports.throttle), server
    )
    role_grpc_api.add_RoleServiceServicer_to_server(RoleService(ports.roles), server)
    passkey_grpc_api.add_PasskeyServiceServicer_to_server(
        PasskeyService(ports.passkeys, ports.throttle), server
    )


class NetworkService(grpc_api.NetworkServiceServicer):
    """See protos/kith/identity/v1/identity_service.proto."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def CreateNetwork(
        self, request: api.CreateNetworkRequest, context: Context
    ) -> api.CreateNetworkResponse:
        ports = self._ports
        wanted = NetworkWanted(
            request.slug, request.display_name, request.time_zone or "UTC", request.request_id
        )
        network, opened = await create_network(
            ports.directory, ports.clock, auth.current(), wanted, ports.codes
        )
        return api.CreateNetworkResponse(
            network=networks.network(network), admin_invite=translate.invite(opened)
        )

    async def GetNetwork(
        self, request: api.GetNetworkRequest, context: Context
    ) -> api.GetNetworkResponse:
        network = await queries.own_network(self._ports.directory.networks, auth.current())
        return api.GetNetworkResponse(network=networks.network(network))


class InviteService(grpc_api.InviteServiceServicer):
    """See protos/kith/identity/v1/identity_service.proto."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def CreateInvite(
        self, request: api.CreateInviteRequest, context: Context
    ) -> api.CreateInviteResponse:
        caller, clock = auth.current(), self._ports.clock
        expires_at = (
            translate.time_of(request.expire_time, "expire_time")
            if request.HasField("expire_time")
            else clock.now() + USUAL_LIFE
        )
        roles = translate.roles_of(request.roles) or frozenset({Role.MEMBER})
        terms = Terms(roles, request.max_uses or 1, expires_at)
        invites = self._ports.directory.invites(caller.network_id)
        opened = await create_invite(invites, clock, caller, terms)
        return api.CreateInviteResponse(invite=translate.invite(opened))


class AccountService(grpc_api.AccountServiceServicer):
    """See protos/kith/identity/v1/identity_service.proto."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def Register(
        self, request: api.RegisterRequest, context: Context
    ) -> api.RegisterResponse:
        ports, code = self._ports, request.invite_code
        wanted = Application(
            code, request.handle, request.email, request.password, request.request_id,
            stated(request.age_confirmed, request.birth_date), request.service_text_version,
        )  # fmt: skip
        try:
            account = await ports.throttle.attempt(
                ports.throttle.of_invited(code, client_address(context)),
                lambda: register(
                    ports.directory, ports.passwords, ports.clock, ports.texts, wanted
                ),
            )
        except EmailTaken:  # told to who holds an invite, so to whose address it is as well
            address = credentials.email(request.email)
            await ports.outgoing.to_whoever(Kind.ALREADY_THERE, network_of(code), address)
            raise
        await ports.outgoing.to_member(Kind.VERIFY, account.network_id, account.id)
        return api.RegisterResponse(account=translate.account(account, ports.clock.now()))

    async def GetAccount(
        self, request: api.GetAccountRequest, context: Context
    ) -> api.GetAccountResponse:
        access = auth.access()
        caller = access.caller
        asked = parse_id(request.member_id, "member_id") if request.member_id else caller.subject
        accounts = self._ports.directory.accounts(caller.network_id)
        account = await queries.account_of(accounts, access, asked)
        told = translate.account(account, self._ports.clock.now())
        return api.GetAccountResponse(account=told)

    async def ListAccounts(
        self, request: api.ListAccountsRequest, context: Context
    ) -> api.ListAccountsResponse:
        caller = auth.current()
        size = translate.page_size(request.page_size, default=100, most=1000)
        after = parse_id(request.page_token, "page_token") if request.page_token else None
        accounts = self._ports.directory.accounts(caller.network_id)
        found, more = await queries.list_accounts(accounts, after, size)
        auth.access().lists([account.id for account in found])
        now = self._ports.clock.now()
        return api.ListAccountsResponse(
            accounts=[translate.account(account, now) for account in found],
            next_page_token=str(found[-1].id) if more else "",
        )

    async def UpdateRoles(
        self, request: api.UpdateRolesRequest, context: Context
    ) -> api.UpdateRolesResponse:
        caller, wanted = auth.current(), translate.roles_of(request.roles)

        def change(account: Account, now: datetime) -> tuple[Account, Events]:
            return set_roles(account, wanted, caller.subject, request.reason, now)

        account = await self._ports.roles.change(
            caller.network_id, parse_id(request.member_id, "member_id"),
            as_seen(change, request.versions),
        )  # fmt: skip
        told = translate.account(account, self._ports.clock.now())
        return api.UpdateRolesResponse(account=told)

    async def ImportAccounts(
        self, request: AsyncIterator[api.ImportAccountsRequest], context: Context
    ) -> api.ImportAccountsResponse:
        caller = auth.current()
        accounts = self._ports.directory.accounts(caller.network_id)
        rows = imports.batches(request, self._ports.clock.now())
        await self._ports.ahead(auth.access())
        imported = await import_accounts(accounts, caller.network_id, rows)
        return api.ImportAccountsResponse(
            created_count=imported.created, existing_count=imported.existing,
            member_ids={name: str(id) for name, id in imported.member_ids.items()},
        )  # fmt: skip
