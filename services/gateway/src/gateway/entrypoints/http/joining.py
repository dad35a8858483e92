"""Joining without an invite, who decides about it, the invites there are, the sponsor's roster."""

from __future__ import annotations

from typing import Annotated, Literal

from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import joining_service_pb2 as api
from litestar import delete, get, post, put
from litestar.params import JSONBody
from msgspec import UNSET, UnsetType

from gateway.entrypoints.http.accounts import ROLES, Account, RoleName, account_of
from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.consents import TextVersion
from gateway.entrypoints.http.fields import (
    Input,
    Names,
    Output,
    PageSize200,
    PageToken,
    PathId,
    Time,
    time,
)
from gateway.entrypoints.http.recovery import LinkToken
from gateway.entrypoints.http.registrations import AgeConfirmed, BirthDate
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import Email, Handle, NewPassword, Note500, Slug, told

TAGS = ["joining"]
ReasonName = Literal["not_for_her", "unconfirmed", "full", "duplicate"]
REASONS: Names[ReasonName] = Names(api.DeclineReason.DESCRIPTOR)
MemberNumber = Annotated[str, told(pattern="^[0-9A-Za-z]{4,40}$")]
Day = Annotated[str, told(format="date")]


class Eligible(Input):
    """What a sponsor knows somebody by."""

    member_number: MemberNumber
    birth_date: Day


class Roster(Input):
    """People the sponsor knows."""

    eligible: Annotated[list[Eligible], told(minItems=1, maxItems=500)]


class Apply(Input):
    """Who wants to join without an invite: a mail with a link to go on goes there."""

    network: Slug
    email: Email


class CompleteApplication(Input):
    """The token of the mail, and who she wants to be; what her sponsor knows her by, or a word to
    admins."""

    token: LinkToken
    handle: Handle
    password: NewPassword
    age_confirmed: AgeConfirmed = False
    birth_date: BirthDate | UnsetType = UNSET
    eligible: Eligible | UnsetType = UNSET
    note: Note500 = ""
    service_text_version: TextVersion = 0


class Applied(Output):
    """Whether an admin decides, once the address is confirmed; otherwise she can sign in then."""

    waits: bool


class Application(Output):
    """Somebody who waits to be let in."""

    member_id: str
    handle: str
    note: str
    create_time: Time


class ApplicationPage(Output):
    """The one who waits longest first."""

    applications: list[Application]
    next_page_token: str


class Decline(Input):
    """Why somebody is not let in; she is told."""

    reason: ReasonName


class ListedInvite(Output):
    """An invite there is; its code was shown when it was made."""

    id: str
    roles: list[RoleName]
    max_uses: int
    used_count: int
    expire_time: Time
    revoked: bool


class InvitePage(Output):
    """Invites, oldest first."""

    invites: list[ListedInvite]
    next_page_token: str


class Added(Output):
    """How many were not on the roster before."""

    added_count: int


class Removed(Output):
    """How many were on it and had not joined."""

    removed_count: int


class RosterCount(Output):
    """How many are on the roster, and how many of them have joined."""

    total_count: int
    joined_count: int


@post(
    "/v1/applications", dto=Json[Apply], summary="Ask to join a network without an invite",
    tags=TAGS,
)  # fmt: skip
async def apply(request: KithRequest, data: JSONBody[Apply]) -> Applied:
    reply = await request.ask(
        request.services.joining.Apply,
        api.ApplyRequest(network=data.network, email=data.email),
        address=request.client_address,
    )
    return Applied(waits=reply.waits)


@post(
    "/v1/applications/completion", dto=Json[CompleteApplication],
    summary="Make the account somebody asked for, with the token of a mail", tags=TAGS,
)  # fmt: skip
async def complete_application(
    request: KithRequest, data: JSONBody[CompleteApplication]
) -> Applied:
    reply = await request.ask(
        request.services.joining.CompleteApplication,
        api.CompleteApplicationRequest(
            token=data.token, handle=data.handle, password=data.password,
            age_confirmed=data.age_confirmed, birth_date=data.birth_date or "",
            eligible=None if data.eligible is UNSET else eligible_of(data.eligible),
            note=data.note, service_text_version=data.service_text_version,
        ),
        address=request.client_address,
    )  # fmt: skip
    return Applied(waits=reply.waits)


@get("/v1/applications", summary="Who waits to be let in (network admin)", tags=TAGS)
async def list_applications(
    request: KithRequest, page_size: PageSize200 = 0, page_token: PageToken = ""
) -> ApplicationPage:
    reply = await request.ask(
        request.services.joining.ListApplications,
        api.ListApplicationsRequest(page_size=page_size, page_token=page_token),
    )
    return ApplicationPage(
        applications=[
            Application(
                member_id=one.member_id, handle=one.handle, note=one.note,
                create_time=time(one.create_time),
            )
            for one in reply.applications
        ],
        next_page_token=reply.next_page_token,
    )  # fmt: skip


@put(
    "/v1/applications/{member_id:str}/approval", summary="Let somebody in (network admin)",
    tags=TAGS,
)  # fmt: skip
async def approve_application(request: KithRequest, member_id: PathId) -> Account:
    reply = await request.ask(
        request.services.joining.ApproveApplication,
        api.ApproveApplicationRequest(member_id=member_id),
    )
    return account_of(reply.account)


@put(
    "/v1/applications/{member_id:str}/refusal", dto=Json[Decline], status_code=204,
    summary="Do not let somebody in (network admin)", tags=TAGS,
)  # fmt: skip
async def decline_application(
    request: KithRequest, member_id: PathId, data: JSONBody[Decline]
) -> None:
    await request.ask(
        request.services.joining.DeclineApplication,
        api.DeclineApplicationRequest(member_id=member_id, reason=REASONS.number(data.reason)),
    )


@get("/v1/invites", summary="The invites there are (network admin)", tags=TAGS)
async def list_invites(
    request: KithRequest, page_size: PageSize200 = 0, page_token: PageToken = ""
) -> InvitePage:
    reply = await request.ask(
        request.services.joining.ListInvites,
        api.ListInvitesRequest(page_size=page_size, page_token=page_token),
    )
    return InvitePage(
        invites=[listed_of(one) for one in reply.invites], next_page_token=reply.next_page_token
    )


@delete("/v1/invites/{invite_id:str}", summary="End an invite (network admin)", tags=TAGS)
async def revoke_invite(request: KithRequest, invite_id: PathId) -> None:
    await request.ask(
        request.services.joining.RevokeInvite, api.RevokeInviteRequest(invite_id=invite_id)
    )


@post(
    "/v1/eligibility", dto=Json[Roster], status_code=200,
    summary="Put people on the roster (network admin)", tags=TAGS,
)  # fmt: skip
async def add_eligible(request: KithRequest, data: JSONBody[Roster]) -> Added:
    reply = await request.ask(
        request.services.roster.AddEligible,
        api.AddEligibleRequest(eligible=map(eligible_of, data.eligible)),
    )
    return Added(added_count=reply.added_count)


@post(
    "/v1/eligibility/removal", dto=Json[Roster], status_code=200,
    summary="Take people off the roster who have not joined (network admin)", tags=TAGS,
)  # fmt: skip
async def remove_eligible(request: KithRequest, data: JSONBody[Roster]) -> Removed:
    reply = await request.ask(
        request.services.roster.RemoveEligible,
        api.RemoveEligibleRequest(eligible=map(eligible_of, data.eligible)),
    )
    return Removed(removed_count=reply.removed_count)


@get("/v1/eligibility", summary="How many are on the roster (network admin)", tags=TAGS)
async def count_eligible(request: KithRequest) -> RosterCount:
    reply = await request.ask(request.services.roster.CountEligible, api.CountEligibleRequest())
    return RosterCount(total_count=reply.total_count, joined_count=reply.joined_count)


def eligible_of(one: Eligible) -> api.Eligible:
    return api.Eligible(member_number=one.member_number, birth_date=one.birth_date)


def listed_of(invite: pb.Invite) -> ListedInvite:
    return ListedInvite(
        id=invite.id, roles=[ROLES.text(role) for role in invite.roles],
        max_uses=invite.max_uses, used_count=invite.used_count,
        expire_time=time(invite.expire_time), revoked=invite.revoked,
    )  # fmt: skip
