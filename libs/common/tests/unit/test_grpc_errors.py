"""Errors on the wire: which code, under which name, and nothing of the inside."""

from __future__ import annotations

import grpc
import pytest
from common.errors import DomainError, Kind, RemoteError
from common.grpc_errors import CODES, domain_of, from_rpc_error, to_status
from google.rpc import error_details_pb2, status_pb2
from grpc.aio import AioRpcError, Metadata

DETAILS = "grpc-status-details-bin"


def _answered(code: grpc.StatusCode, details: str, trailing: Metadata) -> DomainError:
    return from_rpc_error(AioRpcError(code, Metadata(), trailing, details, None))


def _error_info(status: grpc.Status) -> error_details_pb2.ErrorInfo:
    content = dict(status.trailing_metadata or ())[DETAILS]
    assert isinstance(content, bytes)
    info = error_details_pb2.ErrorInfo()
    assert status_pb2.Status.FromString(content).details[0].Unpack(info)
    return info


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_goes_out_and_comes_back_the_same(kind: Kind) -> None:
    sent = to_status(RemoteError(kind, "THE_REASON", "a message", {"limit": "5"}), "svc.kith")
    assert sent.code is CODES[kind]
    trailing = Metadata(*sent.trailing_metadata or ())
    back = _answered(sent.code, sent.details or "", trailing)
    hidden = kind is Kind.INTERNAL
    assert (back.kind, back.reason) == (kind, "THE_REASON")
    assert back.message == ("internal error" if hidden else "a message")
    assert back.metadata == ({} if hidden else {"limit": "5"})
    assert _error_info(sent).domain == "svc.kith"


@pytest.mark.parametrize(
    "code, kind",
    [
        (grpc.StatusCode.DEADLINE_EXCEEDED, Kind.UNAVAILABLE),
        (grpc.StatusCode.CANCELLED, Kind.UNAVAILABLE),
        (grpc.StatusCode.UNAVAILABLE, Kind.UNAVAILABLE),
        (grpc.StatusCode.OUT_OF_RANGE, Kind.INVALID),
        (grpc.StatusCode.UNKNOWN, Kind.INTERNAL),
        (grpc.StatusCode.UNIMPLEMENTED, Kind.INTERNAL),
        (grpc.StatusCode.DATA_LOSS, Kind.INTERNAL),
    ],
)
def test_a_status_without_details_still_has_a_kind_and_a_reason(
    code: grpc.StatusCode, kind: Kind
) -> None:
    error = _answered(code, "", Metadata())
    expected = "UNAVAILABLE" if kind is Kind.UNAVAILABLE else code.name
    assert (error.kind, error.reason, error.metadata) == (kind, expected, {})


@pytest.mark.parametrize(
    "details", [b"\xff\xff", b"", status_pb2.Status(code=5).SerializeToString()]
)
def test_details_that_cannot_be_read_leave_the_code(details: bytes) -> None:
    trailing = Metadata((DETAILS, details))
    error = _answered(grpc.StatusCode.NOT_FOUND, "no", trailing)
    assert (error.kind, error.reason, error.message) == (Kind.NOT_FOUND, "NOT_FOUND", "no")


def test_metadata_that_is_no_text_is_written_as_one() -> None:
    error = RemoteError(Kind.LIMITED, "TOO_MANY", "too many", {"limit": 5})  # type: ignore[dict-item]  # a slip
    assert _error_info(to_status(error)).metadata["limit"] == "5"


@pytest.mark.parametrize(
    "method, domain",
    [
        ("/kith.messaging.v1.MessageService/SendMessage", "messaging.kith"),
        ("/grpc.health.v1.Health/Check", "health.grpc"),
        ("/Service/Method", "kith"),
        ("", "kith"),
    ],
)
def test_the_domain_of_an_error_is_the_service_that_answered(method: str, domain: str) -> None:
    assert domain_of(method) == domain
