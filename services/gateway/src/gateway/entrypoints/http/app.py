"""The ASGI application that serves REST."""

from __future__ import annotations

from common.auth import Verifier
from litestar import Litestar, Router
from litestar.datastructures import State
from policy.table import DOCS

from gateway.adapters.clients import Services
from gateway.entrypoints.http import docs, openapi
from gateway.entrypoints.http.actions import ACTIONS, ROUTES, is_public
from gateway.entrypoints.http.problems import MAX_BODY_BYTES, answer
from gateway.entrypoints.http.request import KithRequest, signed_in


def rest(services: Services, verifier: Verifier) -> Litestar:
    """The application behind /v1, /openapi.json and /docs."""
    public = [route for route, action in ROUTES.items() if is_public(action)]
    members = [route for route in ROUTES if route not in public]
    hook = signed_in(verifier, ACTIONS)
    pages = docs.pages(openapi.document(public, members)) if is_public(DOCS) else ()
    return Litestar(
        route_handlers=[
            *public,
            Router("/", before_request=hook, route_handlers=members),
            *pages,
        ],
        request_class=KithRequest,
        return_dto=None,
        exception_handlers={Exception: answer},
        request_max_body_size=MAX_BODY_BYTES,
        state=State({"services": services}),
        openapi_config=None,
        logging_config=None,
    )
