"""One good request for every door of the library."""

from __future__ import annotations

from collections.abc import Iterator

from kith.community.v1 import resource_service_pb2 as api

from tests.integration.policy_cases import Case, route, rpc
from tests.integration.policy_world import RESOURCE, fresh, here

V1 = "community.v1.ResourceService/"


def library_rpcs() -> Iterator[Case]:
    """Asked of community itself. What is withdrawn is another one than what is read."""
    yield rpc(
        V1 + "CreateResource",
        lambda _: api.CreateResourceRequest(
            kind=api.RESOURCE_KIND_VIDEO, title="Nights", url=RESOURCE["url"], language="en",
            request_id=fresh("r"),
        ),
    )  # fmt: skip
    yield rpc(
        V1 + "WithdrawResource",
        lambda t: api.WithdrawResourceRequest(resource_id=t.outdated),
        here,
    )
    yield rpc(V1 + "GetResource", lambda t: api.GetResourceRequest(resource_id=t.resource), here)
    yield rpc(V1 + "ListResources", lambda _: api.ListResourcesRequest())
    yield rpc(
        V1 + "ListResourcePreviews",
        lambda t: api.ListResourcePreviewsRequest(resource_ids=[t.resource, t.outdated]),
    )


def library_routes() -> Iterator[Case]:
    """Asked of the gateway."""
    yield route("create_resource", "POST", "/v1/resources", body=lambda _: RESOURCE)
    yield route("withdraw_resource", "DELETE", "/v1/resources/{outdated}", here)
    yield route("get_resource", "GET", "/v1/resources/{resource}", here)
    yield route("list_resources", "GET", "/v1/resources")
