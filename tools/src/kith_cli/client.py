"""Kith's public doors as the command line uses them: REST, and gRPC for imports."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import grpc
import httpx

from kith_cli.errors import Refused, Stop

T = TypeVar("T")
RETRY_SECONDS = 120.0
RENEW_SECONDS = 60.0
KNOWN_SECONDS = 60.0
KNOWN_POLL_SECONDS = 0.2
_UNHEARD = {"MEMBER_NOT_FOUND", "CIRCLE_NOT_FOUND"}
SESSION_SECONDS = 600.0
_AWAY = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}


class Kith:
    """One signed-in account (or nobody) at the gateway; signs in again before its token expires."""

    def __init__(self, http_url: str, grpc_address: str) -> None:
        self._http = httpx.Client(base_url=http_url, timeout=30.0)
        self._grpc_address = grpc_address
        self._channel: grpc.Channel | None = None
        self._credentials: dict[str, str] | None = None
        self.token = ""
        self._signed_in_at = 0.0
        self.member_id = ""

    def __enter__(self) -> Kith:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()
        if self._channel is not None:
            self._channel.close()

    def sign_in(self, network: str, email: str, password: str) -> None:
        """Become this account. Raises Refused."""
        self._credentials = {"network": network, "email": email, "password": password}
        session = self.request("POST", "/v1/sessions", json=self._credentials, anonymous=True)
        self.token = session["accessToken"]
        self.member_id = session["memberId"]
        self._signed_in_at = time.monotonic()

    def get(self, path: str, **query: Any) -> Any:
        """GET and decode; a query stands in the path or is given, and not both."""
        given = {name: value for name, value in query.items() if value is not None}
        return self.request("GET", path, params=given or None)  # none: the path keeps its own

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """POST and decode."""
        return self.request("POST", path, json=body)

    def post_when_known(self, path: str, body: Mapping[str, Any]) -> Any:
        """POST what names members; while the service has not heard of them yet, again."""
        return when_known(lambda: self.post(path, body), KNOWN_SECONDS)

    def put(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """PUT and decode."""
        return self.request("PUT", path, json=body)

    def put_when_known(self, path: str) -> Any:
        """PUT what names a member, or where she is; while the service has not heard of it yet,
        again."""
        return when_known(lambda: self.put(path), KNOWN_SECONDS)

    def request(self, method: str, path: str, *, anonymous: bool = False, **options: Any) -> Any:
        """Send one request; while a part of Kith is away or it was too much, again for a while.

        Raises Refused, or Stop when Kith does not answer.
        """
        deadline = time.monotonic() + RETRY_SECONDS
        while True:
            headers = {} if anonymous else self._authorization()
            try:
                response = self._http.request(method, path, headers=headers, **options)
            except httpx.TransportError as error:
                if time.monotonic() > deadline:
                    raise Stop(
                        f"Kith does not answer ({error}); is it running? `make run`"
                    ) from None
                time.sleep(0.5)
                continue
            if response.status_code in {429, 503} and time.monotonic() < deadline:
                time.sleep(float(response.headers.get("retry-after", "1")))
                continue
            if response.status_code >= 400:
                raise Refused(response.status_code, _problem(response))
            return response.json() if response.content else None

    def stream(
        self, method: str, serialize: Callable[[Any], bytes], parse: Callable[[bytes], T],
        messages: Callable[[], Iterator[Any]],
    ) -> T:  # fmt: skip
        """Send a client stream to the gateway's gRPC door; while a part is away, all of it again.

        `messages` makes the stream anew for each try. Raises Refused, or Stop.
        """
        deadline = time.monotonic() + RETRY_SECONDS
        while True:
            call = self._open_channel().stream_unary(method, serialize, parse)
            metadata = tuple(self._authorization().items())
            try:
                return call(messages(), metadata=metadata, timeout=RETRY_SECONDS)
            except grpc.RpcError as error:
                refused = _refused(error)
                if error.code() not in _AWAY and refused.reason != "CONCURRENT_UPDATE":
                    raise refused from None
                if time.monotonic() > deadline:
                    raise Stop(f"Kith does not answer ({error.details()})") from None
                time.sleep(0.5)

    def _open_channel(self) -> grpc.Channel:
        if self._channel is None:
            options = [("grpc.max_reconnect_backoff_ms", 1_000)]
            self._channel = grpc.insecure_channel(self._grpc_address, options)
        return self._channel

    def _authorization(self) -> dict[str, str]:
        if self._credentials is None:
            return {}
        if time.monotonic() - self._signed_in_at > SESSION_SECONDS - RENEW_SECONDS:
            self.sign_in(**self._credentials)
        return {"authorization": f"Bearer {self.token}"}


def when_known(ask: Callable[[], T], seconds: float) -> T:
    """The answer to what names members; while the service has not heard of them yet, asks again.

    Raises Refused, for any other reason at once.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except Refused as refused:
            if refused.reason not in _UNHEARD or time.monotonic() > deadline:
                raise
        time.sleep(KNOWN_POLL_SECONDS)


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    return problem if isinstance(problem, dict) else {}


def _refused(error: grpc.RpcError) -> Refused:
    from google.rpc import error_details_pb2, status_pb2

    problem: dict[str, Any] = {"reason": error.code().name, "detail": error.details()}
    trailers: Any = error.trailing_metadata() or ()
    for key, value in trailers:
        if key == "grpc-status-details-bin":
            info = error_details_pb2.ErrorInfo()
            for detail in status_pb2.Status.FromString(value).details:
                if detail.Unpack(info):
                    problem |= {"reason": info.reason, "metadata": dict(info.metadata)}
    return Refused(error.code().value[0], problem)
