"""The description of REST, for people and for generators: OpenAPI 3.0, made from the handlers.

litestar describes operations, msgspec describes what is sent and answered (it knows bounds and
formats), and here both become one document of the version that the pages at /docs can show.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from common.problem import CONTENT_TYPE, Problem
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from gateway.entrypoints.http.problems import camel
from gateway.entrypoints.http.request import KithRequest

Document = dict[str, Any]
VERSION = "3.0.3"
DESCRIPTION = """\
Kith's door for apps. Sign in with `POST /v1/sessions`, then send the access token as
`Authorization: Bearer …`; before it expires get the next with `POST /v1/sessions/refresh`. Every
error is `application/problem+json` with a stable `reason`.

New messages are pushed over a WebSocket at `/v1/stream`: send
`{"type": "authenticate", "accessToken": …}` first, wait for `{"type": "ready"}`, then read
`{"type": "message", "message": …}`. Close codes: 4400 a frame that is not understood, 4401 no
(or no longer a) good token, 4408 read too slowly, 4429 too many sockets, 1012 and 1013 try again.
"""
_REF = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"\{(\w+)\}")


def document(public: Sequence[HTTPRouteHandler], members: Sequence[HTTPRouteHandler]) -> Document:
    """The document of these handlers; those of `members` need a token."""
    config = OpenAPIConfig(
        title="Kith", version="1", description=DESCRIPTION, security=[{"bearer": []}],
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")
            }
        ),
        operation_id_creator=lambda handler, _method, _path: _operation_id(handler),
    )  # fmt: skip
    described = Litestar(
        [*public, *members], request_class=KithRequest, return_dto=None, openapi_config=config,
        logging_config=None,
    )  # fmt: skip
    made: Document = described.openapi_schema.to_schema()
    made["openapi"] = VERSION
    made["paths"] = {_camel_path(path): item for path, item in made["paths"].items()}
    open_to_all = {_operation_id(handler) for handler in public}
    for item in made["paths"].values():
        for operation in item.values():
            _mend(operation)
            if operation["operationId"] in open_to_all:
                operation["security"] = []
    _, schemas = msgspec.json.schema_components(list(_types(described)), ref_template=_REF)
    for schema in schemas.values():
        _plain(schema)
    made["components"]["schemas"] = schemas
    return made


def _operation_id(handler: HTTPRouteHandler) -> str:
    return camel(handler.handler_name)


def _types(app: Litestar) -> Iterator[Any]:
    """Everything that is sent or answered."""
    yield Problem
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            signature = handler.parsed_fn_signature
            for definition in (signature.parameters.get("data"), signature.return_type):
                kind = definition.annotation if definition else None
                if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
                    yield kind


def _camel_path(path: str) -> str:
    return _PARAMETER.sub(lambda match: f"{{{camel(match[1])}}}", path)


def _mend(operation: Document) -> None:
    """Names as JSON has them, the errors we answer with, and nothing that only 3.1 knows."""
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            parameter["name"] = camel(parameter["name"])
        if "maximum" in (schema := parameter["schema"]):  # as a float, and so not exact
            schema["format"] = "int32" if schema.pop("maximum") < 2**32 else "int64"
            schema["minimum"] = int(schema["minimum"])
        if "const" in schema:
            schema["enum"] = [schema.pop("const")]
    answers = operation["responses"]
    answers.pop("400", None)
    for answer in answers.values():
        answer.pop("headers", None)
        answer["description"] = "Done"
    problem = {"$ref": _REF.format(name=Problem.__name__)}
    answers["default"] = {
        "description": "Refused, or failed: the `reason` says why",
        "content": {CONTENT_TYPE: {"schema": problem}},
    }


def _plain(schema: Document) -> None:
    """Say "may be absent" as 3.0 does, which has no type `null` and no empty `required`."""
    if not schema.get("required"):
        schema.pop("required", None)
    for field in schema["properties"].values():
        if "anyOf" in field:
            field.update(next(one for one in field.pop("anyOf") if one != {"type": "null"}))
            del field["default"]
