"""Accounts and their roles."""

from __future__ import annotations

from typing import Annotated, Literal

from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as api
from litestar import get, put
from litestar.params import JSONBody

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.conditions import versions_of
from gateway.entrypoints.http.consents import Consent, consent_of
from gateway.entrypoints.http.fields import (
    Input,
    Names,
    Output,
    PageSize1000,
    PageToken,
    PathId,
    Time,
    time,
)
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import Note300, told

RoleName = Literal[
    "member", "mentor", "moderator", "care_team", "network_admin", "sponsor_analyst",
    "platform_operator",
]  # fmt: skip
# Nobody gives the operator's: it is there from the beginning.
GivenRole = Literal[
    "member", "mentor", "moderator", "care_team", "network_admin", "sponsor_analyst"
]  # fmt: skip
ROLES: Names[RoleName] = Names(pb.Role.DESCRIPTOR)
TAGS = ["accounts"]


class Account(Output):
    """A person's place in one network; its id is the member id everywhere."""

    id: str
    network_id: str
    handle: str
    roles: list[RoleName]
    consents: list[Consent]
    imported: bool
    create_time: Time
    pending: bool
    email_verified: bool


class AccountPage(Output):
    """Accounts, oldest first."""

    accounts: list[Account]
    next_page_token: str


class UpdateRoles(Input):
    """All the roles she has from now on, and why."""

    roles: Annotated[list[GivenRole], told(minItems=1)]
    reason: Note300 = ""


def account_of(account: pb.Account) -> Account:
    return Account(
        id=account.id, network_id=account.network_id, handle=account.handle,
        roles=[ROLES.text(role) for role in account.roles],
        consents=[consent_of(consent) for consent in account.consents],
        imported=account.imported, create_time=time(account.create_time),
        pending=account.pending, email_verified=account.email_verified,
    )  # fmt: skip


@get("/v1/accounts", summary="Accounts of the network", tags=TAGS)
async def list_accounts(
    request: KithRequest, page_size: PageSize1000 = 0, page_token: PageToken = ""
) -> AccountPage:
    reply = await request.ask(
        request.services.accounts.ListAccounts,
        api.ListAccountsRequest(page_size=page_size, page_token=page_token),
    )
    return AccountPage(
        accounts=[account_of(account) for account in reply.accounts],
        next_page_token=reply.next_page_token,
    )


@get("/v1/accounts/me", summary="The caller's own account", tags=TAGS)
async def get_own_account(request: KithRequest) -> Account:
    reply = await request.ask(request.services.accounts.GetAccount, api.GetAccountRequest())
    return account_of(reply.account)


@get("/v1/accounts/{member_id:str}", summary="One account", tags=TAGS)
async def get_account(request: KithRequest, member_id: PathId) -> Account:
    reply = await request.ask(
        request.services.accounts.GetAccount, api.GetAccountRequest(member_id=member_id)
    )
    return account_of(reply.account)


@put(
    "/v1/accounts/{member_id:str}/roles", dto=Json[UpdateRoles],
    summary="Give an account exactly these roles", tags=TAGS,
)  # fmt: skip
async def update_roles(
    request: KithRequest, member_id: PathId, data: JSONBody[UpdateRoles]
) -> Account:
    roles = [ROLES.number(role) for role in data.roles]
    reply = await request.ask(
        request.services.accounts.UpdateRoles,
        api.UpdateRolesRequest(
            member_id=member_id,
            roles=roles,
            reason=data.reason,
            versions=versions_of(request.headers.get("if-match")),
        ),
    )
    return account_of(reply.account)
