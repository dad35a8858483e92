"""The description of REST, and the pages that show it without asking anybody else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from common.problem import Problem
from gateway.entrypoints.http.fields import Input, Output

from services.gateway.tests.gateways import Gateway
from services.gateway.tests.routes import ROUTES

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def document(gateway: Gateway) -> dict[str, Any]:
    """The description as a client gets it."""
    answer = await gateway.http.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation with its method and path."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


async def test_every_route_is_described_and_nothing_else(gateway: Gateway) -> None:
    described = await document(gateway)
    paths = {
        (method, re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "$")): f"{method} {path}"
        for method, path, _ in operations(described)
    }
    found = set()
    for route in ROUTES:
        matching = [
            name
            for (method, path), name in paths.items()
            if method == route.method and path.match(route.path.partition("?")[0])
        ]
        assert matching, route
        found.add(min(matching, key=lambda name: name.count("{")))
    assert found == set(paths.values())


async def test_every_operation_says_what_it_is_what_it_needs_and_what_it_answers(
    gateway: Gateway,
) -> None:
    described = await document(gateway)
    assert described["openapi"] == "3.0.3"
    assert described["security"] == [{"bearer": []}]
    assert described["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    ids = []
    for _, path, operation in operations(described):
        ids.append(operation["operationId"])
        assert operation["summary"]
        assert operation["tags"]
        assert "default" not in operation["responses"]  # or any status would be as described
        assert {"400", "429", "431", "500", "503"} <= set(operation["responses"])
        named = {one["name"] for one in operation.get("parameters", ()) if one.get("in") == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", path))
    assert len(set(ids)) == len(ids)
    public = {operation["operationId"] for *_, operation in operations(described)
              if operation.get("security") == []}  # fmt: skip
    assert public == {
        "createSession",
        "refreshSession",
        "register",
        "getKeys",
        "listConsentTexts",
        "requestPasswordReset",
        "resetPassword",
        "verifyEmail",
        "lookUpNetwork",
        "apply",
        "completeApplication",
        "suggestHandles",
        "beginPasskeySession",
        "createPasskeySession",
    }


async def test_every_body_and_every_answer_is_shown_by_an_example_that_is_right(
    gateway: Gateway,
) -> None:
    described = await document(gateway)
    shapes = {kind.__name__: kind for kind in kinds()}
    for method, path, operation in operations(described):
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        found = [media for body in bodies for media in body.get("content", {}).values()]
        assert found or "204" in operation["responses"], f"{method} {path}"
        for media in found:
            name = media["schema"].get("$ref", "").rpartition("/")[2]
            if name:
                msgspec.convert(media["example"], shapes[name])
            assert media["example"], f"{method} {path}"
        for one in operation.get("parameters", ()):
            assert one.get("in") != "path" or "example" in one, f"{method} {path}"


async def test_every_refusal_is_shown_by_a_problem(gateway: Gateway) -> None:
    refusals = (await document(gateway))["components"]["responses"]
    for refusal in refusals.values():
        problem = refusal["content"]["application/problem+json"]["example"]
        assert msgspec.convert(problem, Problem).status == problem["status"]
        assert ("Retry-After" in refusal["headers"]) == (problem["status"] in {409, 429, 503})


def kinds() -> Iterator[type[Any]]:
    """Everything that is sent or answered."""
    waiting: list[type[Any]] = [Input, Output]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        yield kind


async def test_every_reference_leads_somewhere_and_nothing_is_of_a_later_version(
    gateway: Gateway,
) -> None:
    described = await document(gateway)
    text = json.dumps(described)
    for part, name in set(re.findall(r'"\$ref": "#/components/(\w+)/([^"]+)"', text)):
        assert name in described["components"][part], name
    assert '"null"' not in text
    assert '"const"' not in text
    for schema in described["components"]["schemas"].values():
        assert schema["type"] == "object"
        assert schema["properties"]
        assert schema.get("required") != []


async def test_what_is_sent_is_described_as_strictly_as_it_is_read(gateway: Gateway) -> None:
    schemas = (await document(gateway))["components"]["schemas"]
    invite = schemas["CreateInvite"]
    assert invite["additionalProperties"] is False
    assert invite["properties"]["maxUses"]["maximum"] == 10_000
    assert invite["properties"]["expireTime"]["format"] == "date-time"
    assert schemas["SendMessage"]["required"] == ["clientMessageId", "text"]
    assert schemas["CreatePost"]["properties"]["intent"]["enum"] == ["ask", "offer", "share"]


async def test_the_description_is_the_one_reviewed(gateway: Gateway, golden: Any) -> None:
    content = json.dumps(await document(gateway), indent=1) + "\n"
    golden(Path(__file__).parent.parent / "golden" / "openapi.json", content.encode())


async def test_the_pages_load_everything_from_here(gateway: Gateway) -> None:
    page = await gateway.http.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "://" not in page.text
    sources = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(sources) == 4
    for source in sources:
        assert source.startswith("/docs/")
        loaded = await gateway.http.get(source)
        assert loaded.status_code == 200
        assert loaded.content
        assert loaded.headers["x-content-type-options"] == "nosniff"
    start = await gateway.http.get("/docs/start.js")
    assert '"/openapi.json"' in start.text
    assert "://" not in start.text
