"""The library: podcasts, articles, blog posts and videos of elsewhere that an admin chose."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from kith.community.v1 import resource_service_pb2 as api
from litestar import delete, get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import field

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.circles import TAGS
from gateway.entrypoints.http.fields import (
    Input,
    Int32,
    Names,
    Output,
    PageSize,
    PageToken,
    PathId,
    RequestId,
    Time,
    fresh_id,
    time,
)
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import LanguageTag, Note1000, Text200, WebAddress, told

ResourceKindName = Literal["podcast", "article", "blog_post", "video"]
RESOURCE_KINDS: Names[ResourceKindName] = Names(api.ResourceKind.DESCRIPTOR)
ResourceStateName = Literal["listed", "withdrawn"]
STATES: Names[ResourceStateName] = Names(api.ResourceState.DESCRIPTOR)
OfKind = Annotated[
    str,
    QueryParameter(
        name="kind",
        pattern="^(podcast|article|blog_post|video)?$",
        description="Only those of this kind; empty: whatever their kind.",
    ),
]


class CreateResource(Input):
    """A resource to add; `lengthMinutes` is 0 when it is not known."""

    kind: ResourceKindName
    title: Text200
    url: WebAddress
    language: LanguageTag
    summary: Note1000 = ""
    length_minutes: Annotated[Int32, told(minimum=0, maximum=1_440)] = 0
    request_id: RequestId = field(default_factory=fresh_id)


class Resource(Output):
    """Something of elsewhere that members may find helpful; `lengthMinutes` is 0 when not known.

    What is shown is `listed`; an answer to a request made again may say that it was `withdrawn`.
    """

    id: str
    kind: ResourceKindName
    title: str
    summary: str
    url: str
    language: str
    length_minutes: int
    state: ResourceStateName
    create_time: Time


class ResourcePage(Output):
    """The newest first; `nextPageToken` is empty on the last page."""

    resources: list[Resource]
    next_page_token: str


def resource_of(resource: api.Resource) -> Resource:
    return Resource(
        id=resource.id, kind=RESOURCE_KINDS.text(resource.kind), title=resource.title,
        summary=resource.summary, url=resource.url, language=resource.language,
        length_minutes=resource.length_minutes, state=STATES.text(resource.state),
        create_time=time(resource.create_time),
    )  # fmt: skip


@post(
    "/v1/resources", dto=Json[CreateResource], summary="Add to the library (network admin)",
    tags=TAGS,
)  # fmt: skip
async def create_resource(request: KithRequest, data: JSONBody[CreateResource]) -> Resource:
    reply = await request.ask(
        request.services.resources.CreateResource,
        api.CreateResourceRequest(
            kind=RESOURCE_KINDS.number(data.kind), title=data.title, summary=data.summary,
            url=data.url, language=data.language, length_minutes=data.length_minutes,
            request_id=data.request_id,
        ),
    )  # fmt: skip
    return resource_of(reply.resource)


@get("/v1/resources", summary="The library of the network", tags=TAGS)
async def list_resources(
    request: KithRequest, page_size: PageSize = 0, page_token: PageToken = "", kind: OfKind = ""
) -> ResourcePage:
    only = (
        RESOURCE_KINDS.number(cast(ResourceKindName, kind))
        if kind
        else api.RESOURCE_KIND_UNSPECIFIED
    )
    reply = await request.ask(
        request.services.resources.ListResources,
        api.ListResourcesRequest(page_size=page_size, page_token=page_token, kind=only),
    )
    return ResourcePage(
        resources=[resource_of(one) for one in reply.resources],
        next_page_token=reply.next_page_token,
    )


@get("/v1/resources/{resource_id:str}", summary="One resource of the library", tags=TAGS)
async def get_resource(request: KithRequest, resource_id: PathId) -> Resource:
    reply = await request.ask(
        request.services.resources.GetResource, api.GetResourceRequest(resource_id=resource_id)
    )
    return resource_of(reply.resource)


@delete(
    "/v1/resources/{resource_id:str}", summary="Take out of the library (network admin)", tags=TAGS
)
async def withdraw_resource(request: KithRequest, resource_id: PathId) -> None:
    await request.ask(
        request.services.resources.WithdrawResource,
        api.WithdrawResourceRequest(resource_id=resource_id),
    )
