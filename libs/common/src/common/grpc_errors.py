"""Errors on the wire: DomainError ↔ google.rpc.Status with ErrorInfo, in both directions."""

from __future__ import annotations

from typing import cast

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status  # type: ignore[import-untyped]  # ships no types

from common.errors import DomainError, Kind, RemoteError

DOMAIN = "kith"
CODES: dict[Kind, grpc.StatusCode] = {
    Kind.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    Kind.PRECONDITION: grpc.StatusCode.FAILED_PRECONDITION,
    Kind.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    Kind.FORBIDDEN: grpc.StatusCode.PERMISSION_DENIED,
    Kind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Kind.EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    Kind.CONFLICT: grpc.StatusCode.ABORTED,
    Kind.LIMITED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Kind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    Kind.INTERNAL: grpc.StatusCode.INTERNAL,
}
_KINDS = {code: kind for kind, code in CODES.items()} | {
    grpc.StatusCode.DEADLINE_EXCEEDED: Kind.UNAVAILABLE,
    grpc.StatusCode.CANCELLED: Kind.UNAVAILABLE,
    grpc.StatusCode.OUT_OF_RANGE: Kind.INVALID,
}
DETAILS = "grpc-status-details-bin"


def to_status(error: DomainError, domain: str = DOMAIN) -> grpc.Status:
    """The status that carries `error`; what is internal is not told."""
    code = CODES[error.kind]
    inside = error.kind is Kind.INTERNAL
    metadata = {} if inside else {key: str(value) for key, value in error.metadata.items()}
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.ErrorInfo(reason=error.reason, domain=domain, metadata=metadata))
    status = status_pb2.Status(
        code=code.value[0], message="internal error" if inside else error.message, details=[detail]
    )
    return cast(grpc.Status, rpc_status.to_status(status))


def domain_of(method: str) -> str:
    """Who answers: `/kith.messaging.v1.MessageService/SendMessage` is of `messaging.kith`."""
    company, *rest = method.strip("/").split(".")
    return f"{rest[0]}.{company}" if len(rest) > 1 else DOMAIN


def from_rpc_error(error: grpc.aio.AioRpcError) -> DomainError:
    """The DomainError that a call to another service ended in."""
    kind = _KINDS.get(error.code(), Kind.INTERNAL)
    info = _error_info(error)
    if info is None:
        reason = "UNAVAILABLE" if kind is Kind.UNAVAILABLE else error.code().name
        return RemoteError(kind, reason, error.details() or "no answer from a service", {})
    return RemoteError(kind, info.reason, error.details() or info.reason, dict(info.metadata))


def _error_info(error: grpc.aio.AioRpcError) -> error_details_pb2.ErrorInfo | None:
    for key, value in error.trailing_metadata() or ():
        if key == DETAILS and isinstance(value, bytes):
            return _unpacked(value)
    return None


def _unpacked(content: bytes) -> error_details_pb2.ErrorInfo | None:
    info = error_details_pb2.ErrorInfo()
    try:
        details = status_pb2.Status.FromString(content).details
        return info if any(detail.Unpack(info) for detail in details) else None
    except DecodeError:
        return None  # the code alone must do
