"""What a stolen token is not enough for: a fresh sign-in is asked for, with all its factors."""

from __future__ import annotations

from datetime import timedelta

import jwt
import pytest
from common.errors import Kind, RemoteError
from common.grpc_client import call
from kith.identity.v1 import erasure_service_pb2 as erasures
from kith.identity.v1 import export_service_pb2 as exports
from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as api

from services.identity.tests.doors import STEP_UP, Client, Door
from services.identity.tests.second_factor import Ada

MINUTE = timedelta(minutes=1)


async def refusals(client: Client, token: str) -> list[tuple[str, str]]:
    """Why, and what is needed, for each of what asks for it; nothing when it is let in."""
    asked = (
        call(client.exports.CreateExport, exports.CreateExportRequest(), token=token),
        call(client.exports.ReadExport, exports.ReadExportRequest(secret="no"), token=token),
        call(client.erasures.RequestErasure, erasures.RequestErasureRequest(), token=token),
    )
    found = []
    for one in asked:
        try:
            await one
        except RemoteError as error:
            if error.kind is Kind.UNAUTHENTICATED:
                found.append((error.reason, error.metadata["needs"]))
    return found


@pytest.fixture
async def ada(door: Door) -> pb.Session:
    await door.client.member(await door.client.admin())
    return await door.client.sign_in("ada@example.org")


async def test_a_sign_in_counts_for_ten_minutes_and_refreshing_makes_it_no_younger(
    door: Door, ada: pb.Session
) -> None:
    assert await refusals(door.client, ada.access_token) == []
    door.clock.advance(STEP_UP + MINUTE)
    later = await door.client.refresh(ada)
    assert await refusals(door.client, later.access_token) == [("STEP_UP_NEEDED", "sign_in")] * 3
    again = await door.client.sign_in("ada@example.org")
    assert await refusals(door.client, again.access_token) == []


async def test_what_began_in_time_may_end(door: Door, ada: pb.Session) -> None:
    door.clock.advance(STEP_UP + MINUTE)
    later = await door.client.refresh(ada)
    page = exports.ReadExportRequest(secret="no", page_token="1")
    with pytest.raises(RemoteError) as refused:
        await call(door.client.exports.ReadExport, page, token=later.access_token)
    assert refused.value.reason == "EXPORT_LINK_INVALID"


async def test_taking_it_back_needs_nothing(door: Door, ada: pb.Session) -> None:
    request = erasures.RequestErasureRequest()
    await call(door.client.erasures.RequestErasure, request, token=ada.access_token)
    door.clock.advance(STEP_UP + MINUTE)
    later = await door.client.refresh(ada)
    cancel = erasures.CancelErasureRequest()
    await call(door.client.erasures.CancelErasure, cancel, token=later.access_token)


async def test_who_has_a_second_factor_has_to_show_it(door: Door, ada: pb.Session) -> None:
    careful = Ada(door, ada.access_token)
    await careful.begin()
    await careful.confirm()
    weak = [("STEP_UP_NEEDED", "second_factor")] * 3  # she signed in before she had one
    assert await refusals(door.client, ada.access_token) == weak
    request = api.CreateSessionRequest(
        network="berlin", email="ada@example.org", password="correct horse battery",
        second_factor_code=careful.recovery[0],
    )  # fmt: skip
    strong = (await call(door.client.sessions.CreateSession, request)).session
    assert await refusals(door.client, strong.access_token) == []
    refreshed = (await door.client.refresh(strong)).access_token
    for token in (strong.access_token, refreshed):
        claims = jwt.decode(token, options={"verify_signature": False})
        assert claims["amr"] == ["pwd", "otp", "mfa"]
        assert claims["auth_time"] == int(door.clock.now().timestamp())


async def test_an_admin_who_asks_for_another_shows_who_she_is_as_well(
    door: Door, ada: pb.Session
) -> None:
    admin = await door.client.sign_in("admin@example.org")
    door.clock.advance(STEP_UP + MINUTE)
    later = (await door.client.refresh(admin)).access_token
    request = erasures.RequestErasureRequest(member_id=ada.member_id)
    with pytest.raises(RemoteError) as refused:
        await call(door.client.erasures.RequestErasure, request, token=later)
    assert refused.value.reason == "STEP_UP_NEEDED"
