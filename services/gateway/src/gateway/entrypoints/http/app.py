"""The ASGI application that serves REST."""

from __future__ import annotations

from litestar import Litestar, Router
from litestar.datastructures import State
from policy.table import AVATARS, DOCS

from gateway.adapters.clients import Services
from gateway.entrypoints.http import avatars, consent_records, docs, keys, openapi
from gateway.entrypoints.http.actions import ACTIONS, ROUTES, WALKS, is_public
from gateway.entrypoints.http.admission import Admission
from gateway.entrypoints.http.problems import MAX_BODY_BYTES, answer
from gateway.entrypoints.http.request import KithRequest


def rest(services: Services, admission: Admission) -> Litestar:
    """The application behind /v1, /openapi.json and /docs."""
    public = [route for route, action in ROUTES.items() if is_public(action)]
    harmless = (keys.get_keys, consent_records.list_consent_texts)  # the same for everybody
    strangers = [route for route in public if route not in harmless]
    members = [route for route in ROUTES if route not in public]
    entrance = admission.entrance(ACTIONS, {route.handler_name for route in strangers}, WALKS)
    pages = docs.pages(openapi.document(public, members)) if is_public(DOCS) else ()
    pictures = [avatars.get_avatar] if is_public(AVATARS) else []
    return Litestar(
        route_handlers=[
            *harmless,
            # One router, because an address may have a public method beside others.
            Router("/", before_request=entrance, route_handlers=[*strangers, *members]),
            *pages,
            *pictures,
        ],
        request_class=KithRequest,
        return_dto=None,
        exception_handlers={Exception: answer},
        request_max_body_size=MAX_BODY_BYTES,
        state=State({"services": services}),
        openapi_config=None,
        logging_config=None,
    )
