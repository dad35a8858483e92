"""The gRPC service of the library: translate, one call, translate back."""

from __future__ import annotations

from common import auth
from common.clock import Clock
from common.errors import Invalid
from common.grpc_server import Context
from common.ids import parse_id
from kith.community.v1 import resource_service_pb2 as api
from kith.community.v1 import resource_service_pb2_grpc as grpc_api

from community.application import library
from community.application.list_resource_previews import list_resource_previews
from community.application.ports import Networks
from community.domain.preview import ResourcePreview
from community.domain.resource import Kind, Resource, ResourceDraft, State
from community.entrypoints import translate

_KINDS = {kind: api.ResourceKind.Value(f"RESOURCE_KIND_{kind.upper()}") for kind in Kind}
_KIND_OF = {number: kind for kind, number in _KINDS.items()}
_STATES = {state: api.ResourceState.Value(f"RESOURCE_STATE_{state.upper()}") for state in State}


class ResourceService(grpc_api.ResourceServiceServicer):
    """See protos/kith/community/v1/resource_service.proto."""

    def __init__(self, networks: Networks, clock: Clock) -> None:
        self._networks = networks
        self._clock = clock

    async def CreateResource(
        self, request: api.CreateResourceRequest, context: Context
    ) -> api.CreateResourceResponse:
        caller = auth.current()
        draft = ResourceDraft(
            caller.subject, _kind_of(request.kind), request.title, request.summary, request.url,
            request.language, request.length_minutes, request.request_id, self._clock.now(),
        )  # fmt: skip
        resource = await library.add_resource(self._networks.of(caller.network_id), draft)
        return api.CreateResourceResponse(resource=told(resource))

    async def WithdrawResource(
        self, request: api.WithdrawResourceRequest, context: Context
    ) -> api.WithdrawResourceResponse:
        caller = auth.current()
        await library.withdraw_resource(
            self._networks.of(caller.network_id), parse_id(request.resource_id, "resource_id"),
            caller.subject, self._clock.now(),
        )  # fmt: skip
        return api.WithdrawResourceResponse()

    async def GetResource(
        self, request: api.GetResourceRequest, context: Context
    ) -> api.GetResourceResponse:
        network = self._networks.of(auth.current().network_id)
        id = parse_id(request.resource_id, "resource_id")
        return api.GetResourceResponse(resource=told(await library.get_resource(network, id)))

    async def ListResources(
        self, request: api.ListResourcesRequest, context: Context
    ) -> api.ListResourcesResponse:
        found, more = await library.list_resources(
            self._networks.of(auth.current().network_id),
            translate.id_of_page(request.page_token),
            translate.page_size(request.page_size, default=20),
            _kind_of(request.kind) if request.kind else None,
        )
        return api.ListResourcesResponse(
            resources=map(told, found), next_page_token=str(found[-1].id) if more else ""
        )

    async def ListResourcePreviews(
        self, request: api.ListResourcePreviewsRequest, context: Context
    ) -> api.ListResourcePreviewsResponse:
        network = self._networks.of(auth.current().network_id)
        ids = [parse_id(id, "resource_ids") for id in request.resource_ids]
        found = await list_resource_previews(network, ids)
        return api.ListResourcePreviewsResponse(previews=map(_preview, found))


def told(item: Resource) -> api.Resource:
    """A resource as it is told; not by whom it was added."""
    return api.Resource(
        id=str(item.id), kind=_KINDS[item.kind], title=item.title, summary=item.summary,
        url=item.url, language=item.language, length_minutes=item.length_minutes,
        state=_STATES[item.state], create_time=translate.timestamp(item.created_at),
    )  # fmt: skip


def _preview(item: ResourcePreview) -> api.ResourcePreview:
    resource = item.resource
    return api.ResourcePreview(
        resource_id=str(resource.id), kind=_KINDS[resource.kind], title=resource.title,
        excerpt=item.excerpt, url=resource.url, language=resource.language,
        length_minutes=resource.length_minutes,
    )  # fmt: skip


def _kind_of(number: api.ResourceKind.ValueType) -> Kind:
    try:
        return _KIND_OF[number]
    except KeyError:
        raise Invalid("kind must be podcast, article, blog_post or video", field="kind") from None
