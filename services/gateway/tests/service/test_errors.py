"""What a service answers with is what the client is told; what it hides stays hidden."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from common import errors
from common.errors import DomainError
from common.grpc_server import Context
from google.protobuf.message import Message
from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as api
from structlog.testing import capture_logs

from services.gateway.tests.fakes import GET_JWKS, Unary
from services.gateway.tests.gateways import Gateway, running
from services.gateway.tests.problems import assert_problem

pytestmark = pytest.mark.asyncio(loop_scope="module")
GET_ACCOUNT = "/kith.identity.v1.AccountService/GetAccount"
GOLDEN = Path(__file__).parent.parent / "golden"


class HandleTaken(errors.Exists):
    reason = "HANDLE_TAKEN"


TABLE = [
    (errors.Invalid("member_id must be a UUID", field="member_id"), 400, "INVALID_ARGUMENT"),
    (errors.Precondition("not yet"), 400, "FAILED_PRECONDITION"),
    (errors.Unauthenticated("sign in"), 401, "UNAUTHENTICATED"),
    (errors.Forbidden("no", needed="care_team"), 403, "FORBIDDEN"),
    (errors.NotFound("nothing there"), 404, "NOT_FOUND"),
    (HandleTaken("somebody has it", handle="ada"), 409, "HANDLE_TAKEN"),
    (errors.Conflict("too late"), 409, "CONFLICT"),
    (errors.Limited("slower, please"), 429, "LIMITED"),
    (errors.Unavailable("the store is away"), 503, "UNAVAILABLE"),
    (DomainError("secret of the house", detail="secret"), 500, "INTERNAL"),
]


class StepUpNeeded(errors.Unauthenticated):
    reason = "STEP_UP_NEEDED"


async def test_a_sign_in_that_is_too_old_or_too_weak_is_told_what_would_do(
    gateway: Gateway,
) -> None:
    """RFC 9470 §3."""
    error = StepUpNeeded("sign in again", needs="second_factor", max_age_seconds="600")
    gateway.services.replies["/kith.identity.v1.ErasureService/RequestErasure"] = error
    answer = await gateway.http.put("/v1/accounts/a1/erasure", headers=gateway.headers())
    assert_problem(answer, 401, "STEP_UP_NEEDED")
    assert answer.json()["metadata"]["needs"] == "second_factor"
    challenge = answer.headers["www-authenticate"]
    assert 'error="insufficient_user_authentication"' in challenge
    assert challenge.endswith('max_age="600"')


@pytest.mark.parametrize("error, status, reason", TABLE, ids=lambda it: str(it))
async def test_each_refusal_of_a_service_has_its_status_and_keeps_its_reason(
    gateway: Gateway, error: DomainError, status: int, reason: str, golden: Callable[..., None]
) -> None:
    gateway.services.replies[GET_ACCOUNT] = error
    headers = gateway.headers() | {"x-request-id": "r-1"}
    answer = await gateway.http.get("/v1/accounts/a1", headers=headers)
    field = "memberId" if "field" in error.metadata else ""
    assert_problem(answer, status, reason, field)
    assert ("detail" in answer.json()) == (status < 500)
    assert "secret" not in answer.text
    assert ("retry-after" in answer.headers) == (status in {429, 503})
    assert ("www-authenticate" in answer.headers) == (status == 401)
    pretty = json.dumps(answer.json(), indent=2) + "\n"
    golden(GOLDEN / f"problem_{reason.lower()}.json", pretty.encode())


def ends_with(code: grpc.StatusCode, details: str) -> Unary:
    """A status without ErrorInfo, as grpc itself makes them."""

    async def end(_request: object, context: Context) -> Message:
        await context.abort(code, details)

    return end


@pytest.mark.parametrize(
    "code, status, reason",
    [
        (grpc.StatusCode.UNAVAILABLE, 503, "UNAVAILABLE"),
        (grpc.StatusCode.DEADLINE_EXCEEDED, 503, "UNAVAILABLE"),
        (grpc.StatusCode.CANCELLED, 503, "UNAVAILABLE"),
        (grpc.StatusCode.INTERNAL, 500, "INTERNAL"),
        (grpc.StatusCode.UNKNOWN, 500, "UNKNOWN"),
        (grpc.StatusCode.UNIMPLEMENTED, 500, "UNIMPLEMENTED"),
        (grpc.StatusCode.DATA_LOSS, 500, "DATA_LOSS"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, 429, "RESOURCE_EXHAUSTED"),
        (grpc.StatusCode.PERMISSION_DENIED, 403, "PERMISSION_DENIED"),
    ],
)
async def test_a_status_without_details_is_told_by_its_code_alone(
    gateway: Gateway, code: grpc.StatusCode, status: int, reason: str
) -> None:
    gateway.services.replies[GET_ACCOUNT] = ends_with(code, "ipv4:10.0.0.7:5000")
    answer = await gateway.http.get("/v1/accounts/a1", headers=gateway.headers())
    assert_problem(answer, status, reason)
    if status >= 500:
        assert "10.0.0.7" not in answer.text


async def test_a_service_that_recovers_in_time_is_not_noticed_by_a_reader(gateway: Gateway) -> None:
    failures = [errors.Unavailable("away"), errors.Unavailable("away")]

    async def recover(_request: object, _context: Context) -> Message:
        if failures:
            raise failures.pop()
        return api.GetAccountResponse(account=pb.Account(id="a1"))

    gateway.services.replies[GET_ACCOUNT] = recover
    answer = await gateway.http.get("/v1/accounts/a1", headers=gateway.headers())
    assert answer.status_code == 200
    assert len(gateway.services.asked(GET_ACCOUNT)) == 3


async def test_what_may_not_be_done_twice_is_not_tried_twice(gateway: Gateway) -> None:
    register = "/kith.identity.v1.AccountService/Register"
    gateway.services.replies[register] = errors.Unavailable("away")
    body = {"inviteCode": "a", "handle": "b", "email": "c", "password": "d"}
    assert_problem(await gateway.http.post("/v1/registrations", json=body), 503, "UNAVAILABLE")
    assert len(gateway.services.asked(register)) == 1


async def test_a_client_that_gives_no_request_id_gets_one(gateway: Gateway) -> None:
    create = "/kith.community.v1.CircleService/CreateCircle"
    gateway.services.replies[create] = errors.NotFound("not of interest")
    for _ in range(2):
        await gateway.http.post("/v1/circles", json={"displayName": "a"}, headers=gateway.headers())
    ids = {getattr(call.request, "request_id", "") for call in gateway.services.asked(create)}
    assert len(ids) == 2
    assert "" not in ids


async def test_a_service_that_is_not_there_is_unavailable(gateway: Gateway) -> None:
    gateway.services.replies[GET_JWKS] = errors.Unavailable("not yet")
    async with running() as other:
        other.services.replies[GET_JWKS] = errors.Unavailable("not yet")
        answer = await other.http.get("/v1/accounts/me", headers=other.headers())
        assert_problem(answer, 503, "UNAVAILABLE")
        assert answer.headers["retry-after"] == "1"


async def test_a_bug_is_told_to_the_log_and_not_to_the_client(
    gateway: Gateway,
) -> None:
    account = pb.Account(id="a1")
    account.create_time.seconds = 10**17  # no calendar has it
    gateway.services.replies[GET_ACCOUNT] = api.GetAccountResponse(account=account)
    with capture_logs() as logs:
        answer = await gateway.http.get("/v1/accounts/a1", headers=gateway.headers())
    assert_problem(answer, 500, "INTERNAL")
    assert set(answer.json()) == {"type", "title", "status", "reason", "request_id"}
    assert [(entry["event"], entry["request_id"]) for entry in logs] == [
        ("http.internal_error", answer.headers["x-request-id"])
    ]


async def test_a_traced_error_can_be_quoted(tmp_path: Path) -> None:
    file = tmp_path / "spans"
    async with running(f"file:{file}") as traced:
        headers = traced.headers() | {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
        answer = await traced.http.get("/v1/accounts/a1", headers=headers)
        assert answer.json()["trace_id"] == "a" * 32
        [call] = traced.services.calls[-1:]
        assert str(call.metadata["traceparent"]).split("-")[1] == "a" * 32
    names = [json.loads(line)["name"] for line in file.read_text().splitlines()]
    assert "GET /v1/accounts/{member_id}" in names


async def test_a_service_that_says_when_to_come_back_is_passed_on(gateway: Gateway) -> None:
    gateway.services.replies[GET_ACCOUNT] = errors.Limited("slow", retry_after_seconds="256")
    answer = await gateway.http.get("/v1/accounts/a1", headers=gateway.headers())
    assert_problem(answer, 429, "LIMITED")
    assert answer.headers["retry-after"] == "256"
