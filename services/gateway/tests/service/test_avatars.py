"""Avatars over HTTP: for everybody, kept for a year."""

from __future__ import annotations

import pytest

from services.gateway.tests.gateways import Gateway
from services.gateway.tests.problems import assert_problem

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_picture_is_there_for_everybody_and_may_be_kept(gateway: Gateway) -> None:
    answer = await gateway.http.get("/avatars/7")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.text.startswith("<svg")
    known = {"if-none-match": answer.headers["etag"]}
    assert (await gateway.http.get("/avatars/7", headers=known)).status_code == 304


@pytest.mark.parametrize("number", ["48", "-1", "07", "x", "7.svg"])
async def test_there_is_no_other(gateway: Gateway, number: str) -> None:
    assert_problem(await gateway.http.get(f"/avatars/{number}"), 404, "NOT_FOUND")
