"""Community's gRPC services: translate, one call, translate back."""

from __future__ import annotations

from dataclasses import dataclass

import grpc
from common import auth
from common.clock import Clock
from common.grpc_server import Context
from common.ids import parse_id
from kith.community.v1 import case_service_pb2_grpc as case_grpc_api
from kith.community.v1 import community_service_pb2 as api
from kith.community.v1 import community_service_pb2_grpc as grpc_api
from kith.community.v1 import connection_service_pb2_grpc as connections_grpc
from kith.community.v1 import resource_service_pb2_grpc as resources_grpc

from community.application import queries
from community.application.cases import CaseDesk
from community.application.create_circle import create_circle
from community.application.create_comment import create_comment
from community.application.create_post import create_post
from community.application.join_circle import join_circle
from community.application.leave_circle import leave_circle
from community.application.list_home_feed import list_home_feed
from community.application.list_post_previews import list_post_previews
from community.application.ports import Networks
from community.application.turns import Turns
from community.domain.circle import CircleDraft
from community.domain.post import CommentDraft, PostDraft
from community.entrypoints import translate
from community.entrypoints.cases import CaseService
from community.entrypoints.connections import ConnectionService
from community.entrypoints.resources import ResourceService


@dataclass(frozen=True, slots=True)
class Ports:
    """What the services stand on."""

    networks: Networks
    turns: Turns
    clock: Clock
    desk: CaseDesk


def register_services(server: grpc.aio.Server, ports: Ports) -> None:
    """Add all services of community to a server."""
    grpc_api.add_CircleServiceServicer_to_server(CircleService(ports), server)
    grpc_api.add_PostServiceServicer_to_server(PostService(ports), server)
    case_grpc_api.add_CaseServiceServicer_to_server(CaseService(ports.desk), server)
    connections_grpc.add_ConnectionServiceServicer_to_server(
        ConnectionService(ports.networks, ports.clock), server
    )
    resources_grpc.add_ResourceServiceServicer_to_server(
        ResourceService(ports.networks, ports.clock), server
    )


class CircleService(grpc_api.CircleServiceServicer):
    """See protos/kith/community/v1/community_service.proto."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def CreateCircle(
        self, request: api.CreateCircleRequest, context: Context
    ) -> api.CreateCircleResponse:
        caller = auth.current()
        draft = CircleDraft(
            caller.subject, request.display_name, request.purpose, request.request_id,
            self._ports.clock.now(),
        )  # fmt: skip
        circle = await create_circle(self._ports.networks.of(caller.network_id), draft)
        return api.CreateCircleResponse(circle=translate.circle(circle, joined=True))

    async def ListCircles(
        self, request: api.ListCirclesRequest, context: Context
    ) -> api.ListCirclesResponse:
        caller = auth.current()
        found, joined, more = await queries.list_circles(
            self._ports.networks.of(caller.network_id), caller.subject,
            translate.id_of_page(request.page_token),
            translate.page_size(request.page_size, default=50),
        )  # fmt: skip
        return api.ListCirclesResponse(
            circles=[translate.circle(item, joined=item.id in joined) for item in found],
            next_page_token=str(found[-1].id) if more else "",
        )

    async def JoinCircle(
        self, request: api.JoinCircleRequest, context: Context
    ) -> api.JoinCircleResponse:
        caller = auth.current()
        circle = await join_circle(
            self._ports.networks.of(caller.network_id), self._ports.turns,
            circle_id=parse_id(request.circle_id, "circle_id"), member_id=caller.subject,
            at=self._ports.clock.now(),
        )  # fmt: skip
        return api.JoinCircleResponse(circle=translate.circle(circle, joined=True))

    async def LeaveCircle(
        self, request: api.LeaveCircleRequest, context: Context
    ) -> api.LeaveCircleResponse:
        caller = auth.current()
        circle = await leave_circle(
            self._ports.networks.of(caller.network_id), self._ports.turns,
            circle_id=parse_id(request.circle_id, "circle_id"), member_id=caller.subject,
            at=self._ports.clock.now(),
        )  # fmt: skip
        return api.LeaveCircleResponse(circle=translate.circle(circle, joined=False))


class PostService(grpc_api.PostServiceServicer):
    """See protos/kith/community/v1/community_service.proto."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def CreatePost(
        self, request: api.CreatePostRequest, context: Context
    ) -> api.CreatePostResponse:
        access = auth.access()
        caller = access.caller
        draft = PostDraft(
            parse_id(request.circle_id, "circle_id"), caller.subject,
            translate.intent_of(request.intent), request.text, request.request_id,
            self._ports.clock.now(),
        )  # fmt: skip
        post = await create_post(self._ports.networks.of(caller.network_id), access, draft)
        return api.CreatePostResponse(post=translate.post(post))

    async def ListPosts(
        self, request: api.ListPostsRequest, context: Context
    ) -> api.ListPostsResponse:
        access = auth.access()
        network = self._ports.networks.of(access.caller.network_id)
        found, more = await queries.list_posts(
            network, parse_id(request.circle_id, "circle_id"), access,
            translate.id_of_page(request.page_token),
            translate.page_size(request.page_size, default=20),
        )  # fmt: skip
        return api.ListPostsResponse(
            posts=map(translate.post, found), next_page_token=str(found[-1].id) if more else ""
        )

    async def CreateComment(
        self, request: api.CreateCommentRequest, context: Context
    ) -> api.CreateCommentResponse:
        access = auth.access()
        caller = access.caller
        draft = CommentDraft(
            parse_id(request.post_id, "post_id"), caller.subject, request.text,
            request.request_id, self._ports.clock.now(),
        )  # fmt: skip
        network = self._ports.networks.of(caller.network_id)
        comment = await create_comment(network, self._ports.turns, access, draft)
        return api.CreateCommentResponse(comment=translate.comment(comment))

    async def ListComments(
        self, request: api.ListCommentsRequest, context: Context
    ) -> api.ListCommentsResponse:
        access = auth.access()
        network = self._ports.networks.of(access.caller.network_id)
        found, more = await queries.list_comments(
            network, parse_id(request.post_id, "post_id"), access,
            translate.number_of_page(request.page_token),
            translate.page_size(request.page_size, default=50),
        )  # fmt: skip
        return api.ListCommentsResponse(
            comments=map(translate.comment, found),
            next_page_token=str(found[-1].number) if more else "",
        )

    async def ListHomeFeed(
        self, request: api.ListHomeFeedRequest, context: Context
    ) -> api.ListHomeFeedResponse:
        caller = auth.current()
        found, more = await list_home_feed(
            self._ports.networks.of(caller.network_id), caller.subject,
            translate.id_of_page(request.page_token),
            translate.page_size(request.page_size, default=20),
        )  # fmt: skip
        return api.ListHomeFeedResponse(
            posts=map(translate.post, found), next_page_token=str(found[-1].id) if more else ""
        )

    async def ListPostPreviews(
        self, request: api.ListPostPreviewsRequest, context: Context
    ) -> api.ListPostPreviewsResponse:
        caller = auth.current()
        ids = [parse_id(id, "post_ids") for id in request.post_ids]
        network = self._ports.networks.of(caller.network_id)
        found = await list_post_previews(network, caller.subject, ids)
        return api.ListPostPreviewsResponse(previews=map(translate.preview, found))
