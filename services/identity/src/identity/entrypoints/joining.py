"""Joining without an invite, the invites there are, and the sponsor's roster, on the wire."""

from __future__ import annotations

from collections.abc import Iterable

from common import auth
from common.errors import Invalid
from common.grpc_server import Context
from common.ids import parse_id
from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import joining_service_pb2 as api
from kith.identity.v1 import joining_service_pb2_grpc as grpc_api

from identity.application.apply import Wish, network_open_to_all
from identity.application.decide_application import approve, decline, revoke_invite
from identity.application.joining_ports import Roster
from identity.domain import credentials
from identity.domain.admission import DeclineReason
from identity.domain.invite import Invite
from identity.domain.mail import Kind
from identity.domain.network_rules import Opening
from identity.domain.roster import MAX_ROWS, Eligible
from identity.entrypoints import translate
from identity.entrypoints.client_address import client_address
from identity.entrypoints.networks import stated
from identity.entrypoints.ports import Ports

_REASONS = {
    api.DeclineReason.Value(f"DECLINE_REASON_{one.upper()}"): one for one in DeclineReason
}  # fmt: skip


class JoiningService(grpc_api.JoiningServiceServicer):
    """See protos/kith/identity/v1/joining_service.proto."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def Apply(self, request: api.ApplyRequest, context: Context) -> api.ApplyResponse:
        ports, throttle = self._ports, self._ports.throttle
        email = credentials.new_email(request.email)
        await throttle.spend(throttle.of_applications(client_address(context)))
        network = await network_open_to_all(ports.directory, request.network)
        await throttle.spend(throttle.of_network(network.id))
        await ports.outgoing.to_whoever(Kind.JOIN, network.id, email)
        return api.ApplyResponse(waits=network.opening is Opening.APPROVAL)

    async def CompleteApplication(
        self, request: api.CompleteApplicationRequest, context: Context
    ) -> api.CompleteApplicationResponse:
        ports, throttle = self._ports, self._ports.throttle
        confirmed = ports.joining.links.open(request.token, ports.clock.now())
        wish = wish_of(request)
        number = wish.eligible.member_number if wish.eligible else ""
        counters = throttle.of_applicant(
            confirmed.network_id, confirmed.email, number, client_address(context)
        )
        account = await throttle.attempt(counters, lambda: ports.joining.complete(wish))
        return api.CompleteApplicationResponse(waits=account.admission is not None)

    async def ListApplications(
        self, request: api.ListApplicationsRequest, context: Context
    ) -> api.ListApplicationsResponse:
        network_id = auth.current().network_id
        size = translate.page_size(request.page_size, default=50, most=200)
        after = parse_id(request.page_token, "page_token") if request.page_token else None
        found = await self._ports.directory.accounts(network_id).waiting(after, size + 1)
        shown = found[:size]
        auth.access().lists([one.id for one in shown])
        return api.ListApplicationsResponse(
            applications=[
                api.Application(
                    member_id=str(one.id), handle=one.handle,
                    note=one.admission.note if one.admission else "",
                    create_time=translate.timestamp(one.created_at),
                )
                for one in shown
            ],
            next_page_token=str(shown[-1].id) if len(found) > size else "",
        )  # fmt: skip

    async def ApproveApplication(
        self, request: api.ApproveApplicationRequest, context: Context
    ) -> api.ApproveApplicationResponse:
        ports, member_id = self._ports, parse_id(request.member_id, "member_id")
        accounts = ports.directory.accounts(auth.current().network_id)
        account = await approve(accounts, ports.clock, member_id)
        if account.credentials:
            await ports.outgoing.to_member(Kind.APPROVED, account.network_id, member_id)
        auth.access().lists([member_id])  # kept in the audit log
        told = translate.account(account, ports.clock.now())
        return api.ApproveApplicationResponse(account=told)

    async def DeclineApplication(
        self, request: api.DeclineApplicationRequest, context: Context
    ) -> api.DeclineApplicationResponse:
        ports, member_id = self._ports, parse_id(request.member_id, "member_id")
        if request.reason not in _REASONS:
            raise Invalid("reason: no such reason", field="reason")
        accounts = ports.directory.accounts(auth.current().network_id)
        account = await decline(accounts, ports.clock, member_id, _REASONS[request.reason])
        await ports.outgoing.to_member(Kind.DECLINED, account.network_id, member_id)
        auth.access().lists([member_id])
        return api.DeclineApplicationResponse()

    async def ListInvites(
        self, request: api.ListInvitesRequest, context: Context
    ) -> api.ListInvitesResponse:
        size = translate.page_size(request.page_size, default=50, most=200)
        after = parse_id(request.page_token, "page_token") if request.page_token else None
        invites = self._ports.directory.invites(auth.current().network_id)
        found = await invites.page(after, size + 1)
        shown = found[:size]
        return api.ListInvitesResponse(
            invites=map(listed, shown),
            next_page_token=str(shown[-1].id) if len(found) > size else "",
        )

    async def RevokeInvite(
        self, request: api.RevokeInviteRequest, context: Context
    ) -> api.RevokeInviteResponse:
        caller, clock = auth.current(), self._ports.clock
        invites = self._ports.directory.invites(caller.network_id)
        invite_id = parse_id(request.invite_id, "invite_id")
        await revoke_invite(invites, invite_id, caller.subject, clock.now())
        return api.RevokeInviteResponse()


class RosterService(grpc_api.RosterServiceServicer):
    """See protos/kith/identity/v1/joining_service.proto."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def AddEligible(
        self, request: api.AddEligibleRequest, context: Context
    ) -> api.AddEligibleResponse:
        hashes = self._hashes(request.eligible)
        await self._ports.ahead(auth.access())
        return api.AddEligibleResponse(
            added_count=await self._roster().add(hashes, self._ports.clock.now())
        )

    async def RemoveEligible(
        self, request: api.RemoveEligibleRequest, context: Context
    ) -> api.RemoveEligibleResponse:
        hashes = self._hashes(request.eligible)
        await self._ports.ahead(auth.access())
        return api.RemoveEligibleResponse(removed_count=await self._roster().remove(hashes))

    async def CountEligible(
        self, request: api.CountEligibleRequest, context: Context
    ) -> api.CountEligibleResponse:
        total, still_open = await self._roster().count()
        return api.CountEligibleResponse(total_count=total, joined_count=total - still_open)

    def _roster(self) -> Roster:
        return self._ports.directory.roster(auth.current().network_id)

    def _hashes(self, sent: Iterable[api.Eligible]) -> list[bytes]:
        """All or nothing: a row that cannot be read is named, and none is taken. Raises Invalid."""
        rows = list(sent)
        if not 1 <= len(rows) <= MAX_ROWS:
            raise Invalid(f"eligible must be 1 to {MAX_ROWS} people", field="eligible")
        network_id, found = auth.current().network_id, []
        for number, row in enumerate(rows, start=1):
            try:
                found.append(Eligible.of(row.member_number, row.birth_date))
            except Invalid as error:
                raise Invalid(error.message, field="eligible", row=str(number)) from None
        return [self._ports.joining.hash_eligible(network_id, one) for one in found]


def wish_of(request: api.CompleteApplicationRequest) -> Wish:
    """What somebody hands in. Raises Invalid."""
    sent = request.eligible
    known = (
        Eligible.of(sent.member_number, sent.birth_date) if request.HasField("eligible") else None
    )
    return Wish(
        request.token, request.handle, request.password,
        stated(request.age_confirmed, request.birth_date), known, request.note,
        request.service_text_version,
    )  # fmt: skip


def listed(item: Invite) -> pb.Invite:
    """An invite as admins see it later: its code is known to nobody any more."""
    return pb.Invite(
        id=str(item.id), roles=translate.role_numbers(item.terms.roles),
        max_uses=item.terms.max_uses, expire_time=translate.timestamp(item.terms.expires_at),
        used_count=item.used + len(item.seats), revoked=item.revoked,
    )  # fmt: skip
