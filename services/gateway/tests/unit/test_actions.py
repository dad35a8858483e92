"""Every door of the gateway is an action of the policy, and every action has its door."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from common.auth import Verifier
from common.clock import SystemClock
from gateway.adapters.clients import RETRIED, Services, connect
from gateway.application.limits import Limits, Rates
from gateway.entrypoints.grpc import METHODS
from gateway.entrypoints.http.actions import BESIDES, ROUTES
from gateway.entrypoints.http.admission import Admission
from gateway.entrypoints.http.app import rest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from policy import Actor, Answer, decide
from policy.describe import ROLES
from policy.services import GRANTS
from policy.table import AVATARS, DELIVER, DOCS, FIELD, PUBLIC, RECORDS, STREAM, TABLE

from libs.common.tests import service_keys
from services.gateway.tests.gateways import ANY_PORT
from services.gateway.tests.routes import ROUTES as EXAMPLES
from services.gateway.tests.tokens import ADA, NETWORK


@pytest.fixture
async def app() -> Litestar:
    async def no_keys() -> str:
        return ""

    async with connect(
        dict.fromkeys(RETRIED, ANY_PORT), service_keys.peers("gateway", GRANTS).vouch
    ) as channels:
        admission = Admission(Verifier(no_keys, SystemClock()), Limits(Rates(), time.monotonic))
        return rest(Services(channels), admission)


def handlers(app: Litestar) -> Iterator[tuple[str, HTTPRouteHandler]]:
    """Everything REST answers to, with its path; but for OPTIONS, which tells only methods."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if handler.http_methods != {"OPTIONS"}:
                yield route.path, handler


def test_every_route_declares_an_action_that_has_a_rule(app: Litestar) -> None:
    declared = {handler.handler_name for handler in ROUTES}
    for path, handler in handlers(app):
        if path == "/openapi.json" or path.startswith(("/docs", "/avatars")):
            continue
        assert handler.handler_name in declared, f"{path} has no action: add it to ROUTES"
    assert set(ROUTES.values()) <= TABLE.keys()
    assert len(declared) == len(ROUTES)


def test_what_is_public_is_what_the_examples_ask_without_a_token() -> None:
    """That all others stay shut without one, and these open, test_routes.py sees."""
    open_to_all = {example.rpc for example in EXAMPLES if example.public}
    assert open_to_all == {action for action in ROUTES.values() if TABLE[action] is PUBLIC}


def test_every_rule_has_a_door() -> None:
    doors = {*ROUTES.values(), *METHODS, STREAM, DELIVER, DOCS, AVATARS, RECORDS, *FIELD.values()}
    doors |= {*BESIDES.values()}
    assert TABLE.keys() - doors == set(), "actions nobody can reach from outside"


def test_what_a_route_asks_besides_has_the_rule_that_is_asked_at_the_door() -> None:
    for route, besides in BESIDES.items():
        assert TABLE[besides] == TABLE[ROUTES[route]], besides


def test_the_grpc_door_passes_on_only_what_is_decided_there() -> None:
    """Its interceptor keeps back what was not decided, and the door itself loads no facts."""
    for method in METHODS:
        for role in ROLES:
            decision = decide(Actor(ADA, NETWORK, frozenset({role})), method)
            assert decision.answer is not Answer.LATER, method


def test_every_route_declares_the_call_it_becomes() -> None:
    """The examples are what test_routes.py asks, and their RPCs what it sees called."""
    assert len(EXAMPLES) == len(ROUTES)
    for example in EXAMPLES:
        assert _declared(example.method, example.path) == example.rpc, str(example)


def _declared(method: str, path: str) -> str:
    """The action of the route that answers; one without parameters goes before one with them."""
    found = {
        template.count("{"): action
        for route, action in ROUTES.items()
        if method in route.http_methods
        for template in route.paths
        if re.fullmatch(re.sub(r"{[^}]+}", "[^/]+", template), path.partition("?")[0])
    }
    return found[min(found)]
