"""The library over a real channel: what is answered, and every reason to refuse."""

from __future__ import annotations

from typing import Any

import pytest
from common.errors import Kind
from common.grpc_client import call
from common.ids import new_id
from google.protobuf.timestamp_pb2 import Timestamp
from kith.community.v1 import resource_service_pb2 as api

from services.community.tests.builders import NOW, OTHER_NETWORK
from services.community.tests.doors import Client, Door, refusal

PODCAST, VIDEO = api.RESOURCE_KIND_PODCAST, api.RESOURCE_KIND_VIDEO


def asked(request_id: str = "q1", **changed: Any) -> api.CreateResourceRequest:
    good: dict[str, Any] = {
        "kind": PODCAST, "title": "Sleeping again", "summary": "Two nurses talk.",
        "url": "https://example.org/sleep", "language": "EN", "length_minutes": 24,
        "request_id": request_id,
    }  # fmt: skip
    return api.CreateResourceRequest(**(good | changed))


async def added(client: Client, token: str, request: api.CreateResourceRequest) -> api.Resource:
    return (await call(client.resources.CreateResource, request, token=token)).resource


async def test_an_admin_adds_a_resource_and_every_member_reads_it(
    client: Client, admin: str, ada: str
) -> None:
    made = await added(client, admin, asked())
    assert made == api.Resource(
        id=made.id, kind=PODCAST, title="Sleeping again", summary="Two nurses talk.",
        url="https://example.org/sleep", language="en", length_minutes=24,
        state=api.RESOURCE_STATE_LISTED, create_time=Timestamp(seconds=int(NOW.timestamp())),
    )  # fmt: skip
    assert await added(client, admin, asked()) == made
    wanted = api.GetResourceRequest(resource_id=made.id)
    assert (await call(client.resources.GetResource, wanted, token=ada)).resource == made
    refused = await refusal(client.resources.CreateResource, asked(title="Other"), admin)
    assert (refused.kind, refused.reason) == (Kind.CONFLICT, "REQUEST_ID_REUSED")


async def test_what_is_withdrawn_is_gone_and_stays_so(client: Client, admin: str, ada: str) -> None:
    made = await added(client, admin, asked())
    out = api.WithdrawResourceRequest(resource_id=made.id)
    for _ in range(2):
        answer = await call(client.resources.WithdrawResource, out, token=admin)
        assert answer == api.WithdrawResourceResponse()
    for token in (admin, ada):
        wanted = api.GetResourceRequest(resource_id=made.id)
        refused = await refusal(client.resources.GetResource, wanted, token)
        assert (refused.kind, refused.reason) == (Kind.NOT_FOUND, "RESOURCE_NOT_FOUND")
        listed = await call(client.resources.ListResources, api.ListResourcesRequest(), token=token)
        assert listed == api.ListResourcesResponse()
    assert (await added(client, admin, asked())).state == api.RESOURCE_STATE_WITHDRAWN


async def test_pages_are_the_newest_first_and_of_a_kind_if_asked(
    client: Client, admin: str, ada: str
) -> None:
    kinds = [VIDEO, PODCAST, VIDEO, VIDEO]
    made = [await added(client, admin, asked(f"q{n}", kind=kind)) for n, kind in enumerate(kinds)]
    for kind, wanted in ((0, made[::-1]), (VIDEO, [made[3], made[2], made[0]])):
        listed, token = list[api.Resource](), ""
        while True:
            request = api.ListResourcesRequest(page_size=2, page_token=token, kind=kind)  # type: ignore[arg-type]  # any number
            page = await call(client.resources.ListResources, request, token=ada)
            listed += page.resources
            token = page.next_page_token
            if not token:
                break
        assert listed == wanted


async def test_previews_are_of_what_is_in_the_library_of_her_network(
    door: Door, client: Client, admin: str, ada: str
) -> None:
    made, gone = [await added(client, admin, asked(f"q{number}")) for number in range(2)]
    out = api.WithdrawResourceRequest(resource_id=gone.id)
    await call(client.resources.WithdrawResource, out, token=admin)
    request = api.ListResourcePreviewsRequest(resource_ids=[gone.id, made.id, str(new_id())])
    found = await call(client.resources.ListResourcePreviews, request, token=ada)
    preview = api.ResourcePreview(
        resource_id=made.id, kind=PODCAST, title="Sleeping again", excerpt="Two nurses talk.",
        url="https://example.org/sleep", language="en", length_minutes=24,
    )  # fmt: skip
    assert list(found.previews) == [preview]
    stranger = door.member(network_id=OTHER_NETWORK)
    nothing = await call(client.resources.ListResourcePreviews, request, token=stranger)
    assert nothing == api.ListResourcePreviewsResponse()
    for ids in ([], ["x"]):
        bad = api.ListResourcePreviewsRequest(resource_ids=ids)
        refused = await refusal(client.resources.ListResourcePreviews, bad, ada)
        assert (refused.kind, refused.metadata) == (Kind.INVALID, {"field": "resource_ids"})


@pytest.mark.parametrize("role", ["member", "mentor", "moderator", "care_team"])
async def test_only_an_admin_changes_the_library(
    door: Door, client: Client, admin: str, role: str
) -> None:
    made, token = await added(client, admin, asked()), door.issuer.token(new_id(), role=role)
    for behaviour, request in (
        (client.resources.CreateResource, asked("q2")),
        (client.resources.WithdrawResource, api.WithdrawResourceRequest(resource_id=made.id)),
    ):
        refused = await refusal(behaviour, request, token)
        assert (refused.kind, refused.reason) == (Kind.FORBIDDEN, "FORBIDDEN")


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": api.RESOURCE_KIND_UNSPECIFIED}, {"kind": 99}, {"title": ""}, {"url": ""},
        {"summary": "\x00"}, {"language": "?"}, {"length_minutes": 1_441}, {"request_id": ""},
    ],
    ids=str,
)  # fmt: skip
async def test_a_resource_that_cannot_be_names_the_field(
    client: Client, admin: str, changed: dict[str, Any]
) -> None:
    refused = await refusal(client.resources.CreateResource, asked(**changed), admin)
    assert (refused.kind, refused.reason) == (Kind.INVALID, "INVALID_ARGUMENT")
    assert refused.metadata == {"field": next(iter(changed))}


async def test_bad_requests_for_what_is_there(client: Client, ada: str, admin: str) -> None:
    stubs = client.resources
    bad: list[tuple[Any, Any, str]] = [
        (stubs.GetResource, api.GetResourceRequest(resource_id="x"), ada),
        (stubs.WithdrawResource, api.WithdrawResourceRequest(), admin),
        (stubs.ListResources, api.ListResourcesRequest(page_size=101), ada),
        (stubs.ListResources, api.ListResourcesRequest(page_token="x"), ada),
        (stubs.ListResources, api.ListResourcesRequest(kind=99), ada),  # type: ignore[arg-type]  # of a newer client
    ]
    for behaviour, request, token in bad:
        assert (await refusal(behaviour, request, token)).reason == "INVALID_ARGUMENT"


async def test_another_networks_resource_is_not_there(
    door: Door, client: Client, admin: str
) -> None:
    made, stranger = await added(client, admin, asked()), door.admin(network_id=OTHER_NETWORK)
    for id in (made.id, str(new_id())):
        got = await refusal(
            client.resources.GetResource, api.GetResourceRequest(resource_id=id), stranger
        )
        out = await refusal(
            client.resources.WithdrawResource,
            api.WithdrawResourceRequest(resource_id=id),
            stranger,
        )
        assert (got.reason, out.reason) == ("RESOURCE_NOT_FOUND",) * 2
    wanted = api.GetResourceRequest(resource_id=made.id)
    assert (await call(client.resources.GetResource, wanted, token=admin)).resource == made
