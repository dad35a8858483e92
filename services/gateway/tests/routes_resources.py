"""The routes of the library, each with one good request."""

from __future__ import annotations

from kith.community.v1 import resource_service_pb2 as api

from services.gateway.tests.builders import AT, NEXT, PAGE, QUERY, Json, Route, stamp

SERVICE = "/kith.community.v1.ResourceService"
URL = "https://example.org/sleep"
RESOURCE = api.Resource(
    id="r1", kind=api.RESOURCE_KIND_BLOG_POST, title="Sleeping again", summary="A year of nights.",
    url=URL, language="pt-BR", length_minutes=7, state=api.RESOURCE_STATE_LISTED,
    create_time=stamp(),
)  # fmt: skip
TOLD: Json = {
    "kind": "blog_post", "title": "Sleeping again", "summary": "A year of nights.", "url": URL,
    "language": "pt-BR", "lengthMinutes": 7,
}  # fmt: skip
RESOURCE_JSON: Json = {"id": "r1", "state": "listed", "createTime": AT, **TOLD}
RESOURCES = [
    Route(
        "POST", "/v1/resources", f"{SERVICE}/CreateResource",
        api.CreateResourceRequest(
            kind=api.RESOURCE_KIND_BLOG_POST, title="Sleeping again", summary="A year of nights.",
            url=URL, language="pt-BR", length_minutes=7, request_id="q1",
        ),
        api.CreateResourceResponse(resource=RESOURCE), RESOURCE_JSON, status=201,
        body={**TOLD, "requestId": "q1"},
    ),
    Route(
        "GET", f"/v1/resources?{QUERY}&kind=video", f"{SERVICE}/ListResources",
        api.ListResourcesRequest(**PAGE, kind=api.RESOURCE_KIND_VIDEO),
        api.ListResourcesResponse(resources=[RESOURCE], next_page_token="t2"),
        {"resources": [RESOURCE_JSON], **NEXT},
    ),
    Route(
        "GET", "/v1/resources/r1", f"{SERVICE}/GetResource",
        api.GetResourceRequest(resource_id="r1"),
        api.GetResourceResponse(resource=RESOURCE), RESOURCE_JSON,
    ),
    Route(
        "DELETE", "/v1/resources/r1", f"{SERVICE}/WithdrawResource",
        api.WithdrawResourceRequest(resource_id="r1"), api.WithdrawResourceResponse(), None,
        status=204,
    ),
]  # fmt: skip
