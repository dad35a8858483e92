"""Decoding a JSON body strictly: what is not exactly right is refused, and the field named."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from functools import cache
from typing import Any, TypeVar, cast

import msgspec
from common.errors import Invalid
from litestar.dto import AbstractDTO
from litestar.typing import FieldDefinition

from gateway.entrypoints.http.errors import MalformedJson, UnsupportedMediaType

T = TypeVar("T")
_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?:key in )?\$\.?(?P<where>.*)`)?$", re.DOTALL)
_NAMED = re.compile(r"(?:unknown|required) field `(?P<name>.*)`$", re.DOTALL)
_MOST_SHOWN = 100


class Json(AbstractDTO[T]):
    """Takes the place of litestar's own decoding, which would accept `"5"` for 5.

    `@post(…, dto=Json[CreatePost])`; the body then is what the handler gets as `data`.
    """

    def decode_bytes(self, value: bytes) -> T:
        """The body as the handler's type. Raises UnsupportedMediaType, MalformedJson, Invalid."""
        headers = self.asgi_connection.scope["headers"]
        check_media_type(next((v for k, v in headers if k == b"content-type"), b""))
        return decode(value, self.model_type)

    @classmethod
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: Any = None
    ) -> None:
        """Nothing to create: there is no type between JSON and the handler's."""

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any
    ) -> Any:
        """The handler's type is what is sent."""
        return schema_creator.for_field_definition(field_definition)

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Generator[Any, None, None]:
        """Not used: there is no type between JSON and the handler's."""
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        """Not used: there is no type between JSON and the handler's."""
        return False


def check_media_type(content_type: bytes) -> None:
    """Raise UnsupportedMediaType unless it is JSON."""
    kind = content_type.partition(b";")[0].strip().lower()
    if kind != b"application/json":
        raise UnsupportedMediaType("the body must be application/json")


def decode(content: bytes, kind: type[T]) -> T:
    """JSON as `kind`. Raises MalformedJson, or Invalid naming the field."""
    try:
        decoded: T = _decoder(cast(Any, kind))(content)
        return decoded
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedJson("the body is not valid JSON") from None


@cache
def _decoder(kind: Any) -> Callable[[bytes], Any]:
    return msgspec.json.Decoder(kind).decode


def _invalid(message: str) -> Invalid:
    """msgspec says "Expected `str`, got `int` - at `$.steps[0].title`"; take it apart."""
    found = _AT.match(message)
    what, where = (found["what"], found["where"] or "") if found else (message, "")
    named = _NAMED.search(what)
    field = ".".join(part for part in (where, named["name"] if named else "") if part)
    shown = field[:_MOST_SHOWN]
    return Invalid(what[: 2 * _MOST_SHOWN], **({"field": shown} if shown else {}))
