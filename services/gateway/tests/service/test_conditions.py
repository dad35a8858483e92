"""If-Match on the network and on roles: compared by the service in the write, refused where
there is nothing that an edit could overwrite."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from common.errors import Conflict
from gateway.entrypoints.http.actions import ROUTES
from gateway.entrypoints.http.conditions import refuses_if_match, takes_if_match, versions_of
from gateway.entrypoints.http.errors import PreconditionFailed
from google.protobuf.message import Message
from kith.identity.v1 import identity_service_pb2 as identity
from kith.identity.v1 import network_service_pb2 as api
from kith.identity.v1 import role_service_pb2 as roles
from kith.messaging.v1 import words_service_pb2 as words

from services.gateway.tests.builders import AT, NETWORK, Json
from services.gateway.tests.gateways import Gateway
from services.gateway.tests.problems import assert_problem

pytestmark = pytest.mark.asyncio(loop_scope="module")
UPDATE = "/kith.identity.v1.NetworkSettingsService/UpdateNetwork"
GET = "/kith.identity.v1.NetworkService/GetNetwork"
PATH = "/v1/network"


class Changed(Conflict):
    reason = "VERSION_MISMATCH"


async def change(gateway: Gateway, if_match: str | None, path: str = PATH) -> httpx.Response:
    headers = gateway.headers(gateway.issuer.token(roles=("network_admin",)))
    if if_match is not None:
        headers = headers | {"if-match": if_match}
    return await gateway.http.patch(path, json={"locale": "de"}, headers=headers)


async def test_the_tag_of_what_was_read_or_changed_is_its_version(gateway: Gateway) -> None:
    gateway.services.replies[GET] = identity.GetNetworkResponse(network=NETWORK)
    gateway.services.replies[UPDATE] = api.UpdateNetworkResponse(network=NETWORK)
    read = await gateway.http.get(PATH, headers=gateway.headers())
    assert read.headers["etag"] == '"7"'
    known = gateway.headers() | {"if-none-match": '"7"'}
    assert (await gateway.http.get(PATH, headers=known)).status_code == 304
    assert (await change(gateway, None)).headers["etag"] == '"7"'


@pytest.mark.parametrize(
    "if_match, versions", [(None, []), ("*", []), ('"7"', [7]), ('"6" , "7",W/"8"', [6, 7])]
)
@pytest.mark.parametrize("path", [PATH, "/v1//network/"])
async def test_the_service_is_told_which_versions_will_do(
    gateway: Gateway, if_match: str | None, versions: list[int], path: str
) -> None:
    gateway.services.replies[UPDATE] = api.UpdateNetworkResponse(network=NETWORK)
    assert (await change(gateway, if_match, path)).status_code == 200
    [call] = gateway.services.asked(UPDATE)
    assert isinstance(call.request, api.UpdateNetworkRequest)
    assert list(call.request.versions) == versions


async def test_another_version_is_412(gateway: Gateway) -> None:
    gateway.services.replies[UPDATE] = Changed("the network has changed")
    assert_problem(await change(gateway, '"6"'), 412, "VERSION_MISMATCH")


@pytest.mark.parametrize("if_match", ["", "7", '"x"', 'W/"7"', '"0"', '"-1"', '"' + "9" * 19 + '"'])
async def test_a_tag_that_was_never_given_out_is_412_and_nobody_is_asked(
    gateway: Gateway, if_match: str
) -> None:
    assert_problem(await change(gateway, if_match), 412, "VERSION_MISMATCH")
    assert gateway.services.asked(UPDATE) == []


ROLES, GRANT = "/v1/accounts/a1/roles", "/v1/accounts/a1/roles/moderator"
BADGE = "/v1/accounts/a1/badges/mentor_training"
MESSAGE, WORDS = "/v1/conversations/v1/messages/m1", "/kith.messaging.v1.WordsService/"
ROLE_SERVICE = "/kith.identity.v1.RoleService/"
REASON: Json = {"reason": "she asked"}
CHANGES: list[tuple[str, str, Json | None, str, Message]] = [
    ("PUT", ROLES, {"roles": ["member"]}, "/kith.identity.v1.AccountService/UpdateRoles",
     identity.UpdateRolesResponse()),
    ("PUT", GRANT, REASON, ROLE_SERVICE + "GrantRole", roles.GrantRoleResponse()),
    ("DELETE", GRANT, None, ROLE_SERVICE + "RevokeRole", roles.RevokeRoleResponse()),
    ("PUT", BADGE, {"validUntilTime": AT}, ROLE_SERVICE + "AwardBadge",
     roles.AwardBadgeResponse()),
    ("PATCH", MESSAGE, {"text": "x"}, WORDS + "EditMessage", words.EditMessageResponse()),
    ("DELETE", MESSAGE, None, WORDS + "DeleteMessage", words.DeleteMessageResponse()),
    ("DELETE", BADGE, None, ROLE_SERVICE + "WithdrawBadge", roles.WithdrawBadgeResponse()),
]  # fmt: skip


@pytest.mark.parametrize("method, path, body, rpc, reply", CHANGES, ids=[c[3] for c in CHANGES])
async def test_every_change_of_these_can_be_bound_to_what_was_seen(
    gateway: Gateway, method: str, path: str, body: Json | None, rpc: str, reply: Message
) -> None:
    gateway.services.replies[rpc] = reply
    admin = gateway.headers(gateway.issuer.token(roles=("network_admin",)))
    for if_match, versions in (('"7", "8"', [7, 8]), ("*", [])):
        headers = admin | {"if-match": if_match}
        answer = await gateway.http.request(method, path, json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        call = gateway.services.asked(rpc)[-1]
        sent: Any = call.request  # each has them
        assert list(sent.versions) == versions


async def test_the_tag_of_roles_is_their_version(gateway: Gateway) -> None:
    told = roles.MemberRoles(member_id="a1", version=7)
    gateway.services.replies[ROLE_SERVICE + "GetRoles"] = roles.GetRolesResponse(roles=told)
    admin = gateway.headers(gateway.issuer.token(roles=("network_admin",)))
    assert (await gateway.http.get(ROLES, headers=admin)).headers["etag"] == '"7"'


UNCONDITIONAL = {
    "join_circle": "joining twice is joining once",
    "leave_circle": "leaving twice is leaving once",
    "request_connection": "asking twice is asking once",
    "accept_connection": "agreeing twice is agreeing once",
    "delete_connection": "ends it; again it changes nothing",
    "accept_conversation": "agreeing twice is agreeing once",
    "decline_conversation": "declining twice is declining once",
    "mute_conversation": "one's own, and the last word is meant",
    "unmute_conversation": "ends it; again it changes nothing",
    "leave_conversation": "leaving twice is leaving once",
    "rename_group": "the last name is meant, and each has its place among the messages",
    "remove_member": "taking out twice is taking out once",
    "add_host": "a host stays one",
    "create_room": "a circle has one, whoever asks first",
    "block_member": "blocking twice is blocking once",
    "unblock_member": "ends it; again it changes nothing",
    "set_availability": "one's own, and the last word is meant",
    "set_contact_rule": "one's own, and the last word is meant",
    "set_consent": "a decision is added to those before it and overwrites none",
    "delete_session": "ends for good; again it changes nothing",
    "delete_sessions": "ends for good; again it changes nothing",
    "delete_sessions_of": "ends for good; again it changes nothing",
    "mark_step_done": "a step that is done stays done",
    "request_erasure": "asking twice is asking once",
    "cancel_erasure": "only one that waits is taken back",
    "hold_erasure": "the longest hold counts, whoever comes last",
    "release_erasure": "ends one stop and no other hold",
    "allow_erasure": "what is allowed stays so",
    "claim_case": "another's is refused unless it is taken over, by name",
    "close_case": "ends for good; another outcome is refused",
    "place_hold": "each file has a hold of its own, and renewing is meant to replace",
    "lift_hold": "ends for good; again it changes nothing",
    "delete_export": "ends for good; again it changes nothing",
    "approve_application": "a decision is made once, and another one is refused",
    "decline_application": "a decision is made once, and another one is refused",
    "withdraw_resource": "ends for good; again it changes nothing",
    "revoke_invite": "ends for good; again it changes nothing",
    "rename_passkey": "one's own, and the last name is meant",
    "delete_passkey": "ends for good; again it changes nothing",
    "add_reaction": "reacting twice is reacting once",
    "remove_reaction": "taking back twice is taking back once",
    "move_position": "it only goes forward",
    "set_receipt_choice": "one's own, and the last choice is meant",
    "set_presence": "one's own, and the last choice is meant",
    "update_profile": "its version is part of the body, and 409 says PROFILE_CHANGED",
}
"""Why what changes something and has no version for If-Match needs none."""


async def test_every_change_takes_if_match_or_says_why_not() -> None:
    refusing = set()
    for route in ROUTES:
        (path,), methods = route.paths, route.http_methods & {"PUT", "PATCH", "DELETE"}
        plain = re.sub(r"{\w+:str}", "x", path)
        ignoring = {one for one in methods if not takes_if_match(one, plain)}
        assert all(refuses_if_match(one, plain) for one in ignoring), "it would be overlooked"
        refusing |= {route.handler_name for _ in ignoring}
    assert refusing == UNCONDITIONAL.keys()
    assert not takes_if_match("PUT", "/v1/network")
    assert not takes_if_match("PATCH", "/v1/networks")
    with pytest.raises(PreconditionFailed):
        versions_of("nothing")
