"""Knocking at the doors as anybody, and hearing an answer as the policy would give it."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
import httpx
from common.clock import SystemClock
from common.service_tokens import CLIENT_ADDRESS, SERVICE_TOKEN, Peers, Trust, private_key
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from policy import Answer
from policy.services import GRANTS

from tests.integration.system import System

Item = TypeVar("Item")
Found = TypeVar("Found")
SECONDS = 30.0
TRIES = 50
AT_ONCE = 6
_TRACE = re.compile(rb'"(trace|request)_?id": ?"[^"]*"', re.IGNORECASE)
_OF_ONE_REQUEST = {"date", "traceparent", "x-request-id", "content-length"}
_CODES = {
    grpc.StatusCode.OK: Answer.ALLOW, grpc.StatusCode.UNAUTHENTICATED: Answer.SIGN_IN,
    grpc.StatusCode.PERMISSION_DENIED: Answer.FORBID, grpc.StatusCode.NOT_FOUND: Answer.HIDE,
}  # fmt: skip
_STATUSES = {
    200: Answer.ALLOW, 201: Answer.ALLOW, 204: Answer.ALLOW, 401: Answer.SIGN_IN,
    403: Answer.FORBID, 404: Answer.HIDE,
}  # fmt: skip
_JOIN = "CIRCLE_NOT_JOINED"
_CONSENT = "CONSENT_REQUIRED"
# Told only to whom the policy has let in: what else had to be there was not.
# LIMITED: many cells are the same member's, and identity slows her down (the door: RATE_LIMITED).
_LET_IN = {
    "LIMITED",
    "TOTP_NOT_BEGUN",
    "PROOF_INVALID",
    "TOTP_ACTIVE",
    "JOINING_REFUSED",
    "APPLICATION_DECIDED",
    "LINK_INVALID",
    "PASSKEY_INVALID",
    "CONNECTION_NOT_REQUESTED",
    "CONVERSATION_NOT_REQUESTED",
    "EXPORT_EXISTS",
    "EXPORT_LINK_INVALID",
    "EXPORT_NOT_READY",
    "CASE_CLOSED",
    "CASE_NOT_CLAIMED",
    "CASE_TAKEN",
}


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer: its bytes, and what it means to the policy, or text that means nothing to it."""

    answer: Answer | str
    content: bytes


class Doors:
    """All doors of a system."""

    def __init__(self, system: System) -> None:
        self._http = httpx.Client(base_url=system.settings.gateway_url, timeout=SECONDS)
        self._channels = {
            name: grpc.insecure_channel(system.settings.grpc(name))
            for name in (
                "identity", "community", "messaging", "programs", "outcomes", "signals", "gateway",
            )
        }  # fmt: skip
        keys = Trust.of(str(system.secrets.service_keys))
        key = private_key(str(system.secrets.service_key("gateway")))
        self._vouch = Peers("gateway", key, keys, GRANTS, SystemClock()).vouch("identity")
        self._clients = itertools.count()

    def close(self) -> None:
        """Hang up."""
        self._http.close()
        for channel in self._channels.values():
            channel.close()

    def rpc(
        self, action: str, request: Message | Sequence[Message], token: str | None,
        service: str = "",
    ) -> Heard:  # fmt: skip
        """Call the service itself, or another that passes the call on."""
        channel = self._channels[service or action.split(".")[1]]
        metadata = [("authorization", f"Bearer {token}")] if token else []
        if channel is self._channels["identity"]:  # as the gateway does
            metadata += [(CLIENT_ADDRESS, self._address()), (SERVICE_TOKEN, self._vouch())]
        call: Any
        if isinstance(request, Message):
            call = channel.unary_unary(action)
            sent: Any = request.SerializeToString()
        else:
            call = channel.stream_unary(action)
            sent = iter([one.SerializeToString() for one in request])
        try:
            content: bytes = call(sent, metadata=metadata, timeout=SECONDS)
            return Heard(Answer.ALLOW, content)
        except grpc.RpcError as error:
            return _of_status(error)

    def _address(self) -> str:
        """Where the next client is: each is somewhere else, or all would slow each other down."""
        high, low = divmod(next(self._clients), 250)
        return f"10.0.{high}.{low}"

    def rest(self, method: str, path: str, body: Any, token: str | None) -> Heard:
        """Ask the gateway; when it says later, later."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        headers["x-forwarded-for"] = self._address()
        for _ in range(TRIES):
            answer = self._http.request(method, path, json=body, headers=headers)
            if answer.status_code not in {429, 503} or answer.json()["reason"] == "LIMITED":
                break
            time.sleep(float(answer.headers.get("retry-after", "1")))
        kept = {
            name: value for name, value in answer.headers.items()
            if name not in _OF_ONE_REQUEST
        }  # fmt: skip
        told = f"{answer.status_code} {json.dumps(kept)}\n".encode() + answer.content
        return Heard(_of_http(answer), _TRACE.sub(b"", told))


def _details(error: Any) -> bytes:
    """The serialized google.rpc.Status of a refusal."""
    return b"".join(
        value for name, value in error.trailing_metadata() or ()
        if name == "grpc-status-details-bin"
    )  # fmt: skip


def _info(details: bytes) -> error_details_pb2.ErrorInfo:
    """Why it was refused, for machines."""
    info = error_details_pb2.ErrorInfo()
    for detail in status_pb2.Status.FromString(details).details:
        detail.Unpack(info)
    return info


def _of_status(error: Any) -> Heard:
    """Code, message and details: all that a refused caller is given."""
    details = _details(error)
    told = f"{error.code()} {error.details()}\n".encode() + details
    info = _info(details)
    if info.reason == _JOIN:
        return Heard(Answer.JOIN, told)
    if info.reason == _CONSENT:
        return Heard(Answer.CONSENT, told)
    if info.reason in _LET_IN:
        return Heard(Answer.ALLOW, told)
    return Heard(_CODES.get(error.code(), f"{error.code()} {info.reason} {error.details()}"), told)


def _of_http(answer: httpx.Response) -> Answer | str:
    if answer.status_code in _STATUSES:
        return _STATUSES[answer.status_code]
    reason = answer.json().get("reason")
    if reason in _LET_IN:
        return Answer.ALLOW
    if reason == _CONSENT:
        return Answer.CONSENT
    return Answer.JOIN if reason == _JOIN else answer.text


def all_at_once(do: Callable[[Item], Found], items: Sequence[Item]) -> Iterator[Found]:
    """What `do` gives of each item, in order, a few at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(do, items)
