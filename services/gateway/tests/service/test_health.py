"""Health and metrics, on the same port."""

from __future__ import annotations

import pytest

from services.gateway.tests.gateways import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_it_is_alive_and_ready(gateway: Gateway) -> None:
    assert (await gateway.http.get("/healthz")).status_code == 200
    assert (await gateway.http.get("/readyz")).json()["status"] == "ready"


async def test_requests_are_counted_by_route_without_ids_or_what_somebody_made_up(
    gateway: Gateway,
) -> None:
    for path in ("/v1/accounts/somebody", "/v1/made-up"):
        await gateway.http.get(path)
    await gateway.http.request("BREW", "/v1/tea")
    metrics = (await gateway.http.get("/metrics")).text
    assert (
        'kith_http_requests_total{method="GET",route="/v1/accounts/{member_id}",status="401"}'
        in metrics
    )
    assert 'kith_http_requests_total{method="",route="",status="404"}' in metrics
    for made_up in ("somebody", "made-up", "BREW", "tea"):
        assert made_up not in metrics
