"""The tree of errors: each says what a caller should do, under a stable reason."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from common import errors
from common.errors import ConcurrentUpdate, Conflict, DomainError, Kind, RemoteError

KINDS = {
    errors.Invalid: Kind.INVALID,
    errors.Precondition: Kind.PRECONDITION,
    errors.Unauthenticated: Kind.UNAUTHENTICATED,
    errors.Forbidden: Kind.FORBIDDEN,
    errors.NotFound: Kind.NOT_FOUND,
    errors.Exists: Kind.EXISTS,
    errors.Conflict: Kind.CONFLICT,
    errors.Limited: Kind.LIMITED,
    errors.Unavailable: Kind.UNAVAILABLE,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_has_its_kind_and_a_reason_in_capitals(kind: type[DomainError]) -> None:
    error = kind("no", field="name")
    assert error.kind is KINDS[kind]
    assert error.reason.isupper()
    assert (str(error), error.message, error.metadata) == ("no", "no", {"field": "name"})


def test_every_kind_has_an_error() -> None:
    assert set(KINDS.values()) | {DomainError.kind} == set(Kind)


def test_a_domain_error_of_no_kind_is_internal() -> None:
    assert (DomainError("x").kind, DomainError("x").reason) == (Kind.INTERNAL, "INTERNAL")


def test_a_concurrent_update_is_a_conflict_with_its_own_reason() -> None:
    assert issubclass(ConcurrentUpdate, Conflict)
    assert (ConcurrentUpdate.kind, ConcurrentUpdate.reason) == (Kind.CONFLICT, "CONCURRENT_UPDATE")


def test_a_remote_error_carries_what_the_other_service_said() -> None:
    error = RemoteError(Kind.LIMITED, "TOO_FAST", "slow down", {"limit": "5"})
    assert (error.kind, error.reason) == (Kind.LIMITED, "TOO_FAST")
    assert (error.message, error.metadata) == ("slow down", {"limit": "5"})


def test_errors_import_nothing_so_that_a_domain_may_import_them() -> None:
    tree = ast.parse(Path(errors.__file__).read_text())
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {getattr(node, "module", None) or node.names[0].name for node in found}
    assert modules == {"__future__", "enum"}
