"""Whether one shows, coarsely, when one was last here."""

from __future__ import annotations

from kith.messaging.v1 import presence_service_pb2 as api
from litestar import get, put
from litestar.params import JSONBody

from gateway.entrypoints.http.body import Json
from gateway.entrypoints.http.fields import Input, Output
from gateway.entrypoints.http.reading import TAGS
from gateway.entrypoints.http.request import KithRequest


class PresenceChoice(Output):
    """Whether the caller shows when she was last here; who does not, sees nobody's."""

    shown: bool


class ChoosePresence(Input):
    """Whether to show it. Of who does not, nothing is kept of when she was here."""

    shown: bool


@get("/v1/presence", summary="Whether the caller shows when she was last here", tags=TAGS)
async def get_presence(request: KithRequest) -> PresenceChoice:
    reply = await request.ask(request.services.presence.GetPresence, api.GetPresenceRequest())
    return PresenceChoice(shown=reply.shown)


@put(
    "/v1/presence", dto=Json[ChoosePresence], tags=TAGS,
    summary="Show when one was last here, or not, and then see nobody's",
)  # fmt: skip
async def set_presence(request: KithRequest, data: JSONBody[ChoosePresence]) -> PresenceChoice:
    reply = await request.ask(
        request.services.presence.SetPresence, api.SetPresenceRequest(shown=data.shown)
    )
    return PresenceChoice(shown=reply.shown)
