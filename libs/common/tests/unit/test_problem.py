"""Errors for HTTP: problem+json that helps with 4xx and tells nothing with 5xx."""

from __future__ import annotations

import msgspec
import pytest
from common import problem
from common.errors import DomainError, Invalid, Kind, NotFound, RemoteError, Unavailable
from common.telemetry import configure
from opentelemetry.trace import SpanKind


class ProgramFull(DomainError):
    """A refusal for the tests."""

    kind, reason = Kind.PRECONDITION, "PROGRAM_FULL"


def test_a_refusal_tells_its_reason_its_metadata_and_where_to_read_more() -> None:
    told = problem.from_error(ProgramFull("no seat left", capacity="12"))
    assert msgspec.json.decode(msgspec.json.encode(told)) == {
        "type": "https://kith.example/problems/program-full",
        "title": "Program full",
        "status": 400,
        "reason": "PROGRAM_FULL",
        "detail": "no seat left",
        "metadata": {"capacity": "12"},
    }


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_status(kind: Kind) -> None:
    told = problem.from_error(RemoteError(kind, "SOME_REASON", "some detail", {"a": "b"}))
    assert told.status == problem.STATUS[kind]
    hidden = told.status >= 500
    assert (told.detail is None, told.metadata == {}) == (hidden, hidden)


def test_a_status_of_http_itself_may_be_named() -> None:
    assert problem.from_error(Invalid("too large"), 413).status == 413


@pytest.mark.parametrize("error", [DomainError("secret", key="x"), Unavailable("secret", key="x")])
def test_a_5xx_shows_nothing_of_the_inside(error: DomainError) -> None:
    assert b"secret" not in msgspec.json.encode(problem.from_error(error))
    assert problem.from_error(error).metadata == {}


def test_the_trace_id_is_there_to_be_quoted() -> None:
    tracing = configure("test", "console")
    with tracing.span("call", SpanKind.SERVER) as span:
        told = problem.from_error(NotFound("no"))
        assert told.trace_id == f"{span.get_span_context().trace_id:032x}"
    tracing.close()
    assert problem.from_error(NotFound("no")).trace_id is None
