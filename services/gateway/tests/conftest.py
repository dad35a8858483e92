"""A running gateway for each module of tests; starting one takes a second."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from services.gateway.tests.gateways import Gateway, running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def started() -> AsyncIterator[Gateway]:
    """One gateway for the whole module."""
    async with running() as gateway:
        yield gateway


@pytest.fixture
def gateway(started: Gateway) -> Gateway:
    """The gateway, its services as on the first day."""
    started.reset()
    return started
