"""The description of REST, for people and for generators: OpenAPI 3.0, made from the handlers.

litestar describes operations, msgspec describes what is sent and answered (it knows bounds and
formats), and here both become one document of the version that the pages at /docs can show.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from common.problem import Problem
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from gateway.entrypoints.http import headers, refusals
from gateway.entrypoints.http.conditions import CONDITIONAL
from gateway.entrypoints.http.examples import PATH, example_of
from gateway.entrypoints.http.exports import MEDIA_TYPE as ARCHIVE
from gateway.entrypoints.http.idempotent import NEVER_KEPT
from gateway.entrypoints.http.problems import camel
from gateway.entrypoints.http.request import KithRequest
from gateway.entrypoints.http.shapes import REFERENCE_PATTERN, STEP_PATTERN, UUID_PATTERN, tell

Document = dict[str, Any]
VERSION = "3.0.3"
DESCRIPTION = """\
Kith's door for apps. Sign in with `POST /v1/sessions`, then send the access token as
`Authorization: Bearer …`; before it expires get the next with `POST /v1/sessions/refresh`. Every
error is `application/problem+json` with a stable `reason`.

New messages are pushed over a WebSocket at `/v1/stream`: send
`{"type": "authenticate", "accessToken": …}` first, wait for `{"type": "ready"}`, then read
`{"type": "message", "message": …}`. Close codes: 4400 a frame that is not understood, 4401 no
(or no longer a) good token, 4403 not for this account, 4408 read too slowly, 4429 too many
sockets, 4451 a decision on a consent is open, 1012 and 1013 try again.

What is changed has no place in the order of messages: a device that was away, or is told
`{"type": "changes"}`, asks `GET /v1/changed-messages`, and for its conversations anew.

While a decision on a consent is open, what needs it is refused with the reason `CONSENT_REQUIRED`;
`metadata` names `purpose` and `version`. Show that text (`GET /v1/consent-texts`), send what she
decides (`PUT /v1/consents/{purpose}`), refresh the session, and try again.
"""
KEY_SET = {
    "type": "object", "required": ["keys"], "description": "RFC 7517, section 5",
    "properties": {"keys": {"type": "array", "items": {"type": "object"}}},
}  # fmt: skip
KEY_SET_EXAMPLE = {
    "keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "1", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlr"}]
}
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
    _, schemas = msgspec.json.schema_components(list(_types(described)), ref_template=_REF)
    tell(schemas)
    for schema in schemas.values():
        _plain(schema)
    for path, item in made["paths"].items():
        for method, operation in item.items():
            anonymous = operation["operationId"] in open_to_all
            _mend(operation)
            _surround(
                operation, method, anonymous=anonymous, keyed=path not in NEVER_KEPT,
                conditional=(method.upper(), path) in CONDITIONAL,
            )  # fmt: skip
            _exemplify(operation, schemas)
            if anonymous:
                operation["security"] = []
    made["components"] |= {
        "schemas": schemas, "parameters": headers.SENT, "headers": headers.ANSWERED,
        "responses": refusals.components({"$ref": _REF.format(name=Problem.__name__)}),
    }  # fmt: skip
    return made


def _operation_id(handler: HTTPRouteHandler) -> str:
    return camel(handler.handler_name)


def _types(app: Litestar) -> Iterator[Any]:
    """Everything that is sent or answered."""
    yield Problem
    for route in app.routes:
        # litestar keeps those of one address in a set, in an order of its own each time
        for handler in sorted(
            getattr(route, "route_handlers", ()), key=lambda one: sorted(one.http_methods)
        ):
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
            _describe_id(parameter)
        if parameter["name"] == "asOfTime":
            parameter["schema"] = {"type": "string", "format": "date-time"}
        _mend_schema(parameter["schema"])
    answers = operation["responses"]
    answers.pop("400", None)
    for answer in answers.values():
        answer.pop("headers", None)
        answer["description"] = "Done"


def _mend_schema(schema: Document) -> None:
    """What a parameter may be, as 3.0 says it."""
    if "oneOf" in schema:  # it may be absent, which `required` says already
        schema.update(next(one for one in schema.pop("oneOf") if one != {"type": "null"}))
    if "maximum" in schema:  # as a float, and so not exact
        schema["format"] = "int32" if schema["maximum"] < 2**32 else "int64"
        schema["minimum"] = int(schema["minimum"])
        if schema["maximum"] < 2**31:
            schema["maximum"] = int(schema["maximum"])
        else:
            del schema["maximum"]
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]


_PATTERNS = {"stepId": STEP_PATTERN, "reference": REFERENCE_PATTERN}


def _describe_id(parameter: Document) -> None:
    """What may stand in a path: an id, or one of a few words."""
    words = parameter["schema"].get("enum") or parameter["schema"].get("const")
    if words:
        parameter["example"] = words if isinstance(words, str) else words[0]
    else:
        parameter["schema"]["pattern"] = _PATTERNS.get(parameter["name"], UUID_PATTERN)
        parameter["example"] = PATH[parameter["name"]]


def _surround(
    operation: Document, method: str, *, anonymous: bool, keyed: bool, conditional: bool
) -> None:
    """Say what the door adds to every operation: headers, and the refusals of each kind."""
    has_key = method == "post" and keyed
    parameters = operation.setdefault("parameters", [])
    parameters += headers.sent("RequestId")
    told = headers.answered(X_Request_Id="RequestId")
    if method == "get":
        parameters += headers.sent("IfNoneMatch")
        told |= headers.answered(ETag="ETag")
        operation["responses"]["304"] = {"description": "As the client has it", "headers": told}
    if conditional:
        parameters += headers.sent("IfMatch")
        told |= headers.answered(ETag="ETag")
    if has_key:
        parameters += headers.sent("IdempotencyKey")
        told |= headers.answered(Idempotency_Replayed="Replayed")
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            answer["headers"] = told
    found = refusals.statuses(
        method, anonymous=anonymous, has_body="requestBody" in operation, has_key=has_key,
        conditional=conditional,
    )  # fmt: skip
    operation["responses"] |= refusals.answers(found)


def _exemplify(operation: Document, schemas: Document) -> None:
    """Show what is sent and what is answered."""
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    contents = (one for body in bodies for one in body.get("content", {}).items())
    for kind, media in contents:
        if name := media["schema"].get("$ref", "").rpartition("/")[2]:
            media["example"] = example_of(name, schemas)
        elif kind != ARCHIVE:  # the one answer in JSON that is not ours
            media |= {"schema": KEY_SET, "example": KEY_SET_EXAMPLE}
        else:
            media |= {"schema": {"type": "string", "format": "binary"}, "example": "a zip"}


def _plain(schema: Document) -> None:
    """Say "may be absent" as 3.0 does, which has no type `null` and no empty `required`."""
    if not schema.get("required"):
        schema.pop("required", None)
    for field in schema["properties"].values():
        if "anyOf" in field:
            field.update(next(one for one in field.pop("anyOf") if one != {"type": "null"}))
            del field["default"]
