"""If-Match on the network: compared by the service in the write, refused where nothing has a
version."""

from __future__ import annotations

import httpx
import pytest
from common.errors import Conflict
from gateway.entrypoints.http.conditions import takes_if_match, versions_of
from gateway.entrypoints.http.errors import PreconditionFailed
from kith.identity.v1 import identity_service_pb2 as identity
from kith.identity.v1 import network_service_pb2 as api

from services.gateway.tests.builders import NETWORK
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


async def test_nothing_else_takes_if_match() -> None:
    assert takes_if_match("PATCH", "/v1/network")
    assert not takes_if_match("PUT", "/v1/network")
    assert not takes_if_match("PATCH", "/v1/networks")
    with pytest.raises(PreconditionFailed):
        versions_of("nothing")
