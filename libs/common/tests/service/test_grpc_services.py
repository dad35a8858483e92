"""A call in no member's name says which service makes it, whether or not it shares a stream."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from common import auth, grpc_client
from common.errors import Kind, RemoteError, Unavailable
from common.grpc_client import call
from common.service_tokens import SERVICE_TOKEN, Vouch
from google.protobuf.wrappers_pb2 import StringValue
from structlog.testing import capture_logs

from libs.common.tests.grpc_world import CARRIED, Stub, World, carrying, texts
from libs.common.tests.service_keys import peers

GRANTS = {
    ("gateway", "identity"): frozenset({"anonymous"}),
    ("gateway", "messaging"): frozenset({"x"}),
}


class Services:
    """A service that says which one called it, and clients that are one."""

    def __init__(self, world: World, carried: tuple[str, ...]) -> None:
        self.world = world
        self.carried = carried
        world.peers = peers("identity", GRANTS, world.issuer.clock)
        world.service.do = self.who

    def vouch(self, audience: str = "identity") -> Vouch:
        return peers("gateway", GRANTS, self.world.issuer.clock).vouch(audience)

    async def who(self, _text: str) -> str:
        service = auth.service()
        return f"{service.name}: {' '.join(service.scopes)}" if service else "nobody"

    async def stub(self, vouch: Vouch | None) -> AsyncIterator[Stub]:
        async with (
            self.world.serving() as address,
            grpc_client.connect(address, (), self.carried, vouch) as channel,
        ):
            await carrying(channel)
            yield Stub(channel)


@pytest.fixture(params=[(), CARRIED], ids=["of-its-own", "carried"])
def services(world: World, request: pytest.FixtureRequest) -> Services:
    return Services(world, request.param)


async def ask(stub: Stub, token: str | None = None, address: str = "") -> str:
    method = stub.do if token else stub.do_in_public
    request = StringValue(value="who am I?")
    return (await call(method, request, token=token, client_address=address)).value


async def test_a_call_in_no_members_name_says_whose_it_is(services: Services) -> None:
    async for stub in services.stub(services.vouch()):
        assert await ask(stub) == "gateway: anonymous"


async def test_a_call_in_a_members_name_is_hers_and_no_services(services: Services) -> None:
    async for stub in services.stub(services.vouch()):
        assert await ask(stub, services.world.token) == "nobody"
        assert await ask(stub, services.world.token, "192.0.2.1") == "gateway: anonymous"


async def test_what_nobody_vouches_for_is_nobodys(services: Services) -> None:
    async for stub in services.stub(None):
        assert await ask(stub) == "nobody"


async def test_a_service_token_is_no_members(services: Services) -> None:
    """It opens no method that needs a member."""
    async for stub in services.stub(services.vouch()):
        with pytest.raises(RemoteError) as refused:
            await call(stub.do, StringValue(value="x"))
        assert refused.value.kind is Kind.UNAUTHENTICATED
        with pytest.raises(RemoteError) as refused:
            await call(stub.count, texts("a"))
        assert (refused.value.kind, refused.value.reason) == (
            Kind.UNAUTHENTICATED, "UNAUTHENTICATED",
        )  # fmt: skip


async def test_a_token_that_is_not_good_ends_the_call_and_is_no_fault_of_the_client(
    services: Services,
) -> None:
    """For another service, of nobody, and where no service is known at all."""
    good = services.vouch()
    for vouch, known in (
        (services.vouch("messaging"), services.world.peers),
        (lambda: "x", services.world.peers),
        (good, None),
    ):
        services.world.peers = known
        async for stub in services.stub(vouch):
            with capture_logs() as logs, pytest.raises(Unavailable):
                await ask(stub)
            told = [entry["event"] for entry in logs]
            assert told[-1] == "grpc_client.service_token_refused"
    assert services.world.service.calls == 0


async def test_it_does_not_help_to_send_one_oneself(services: Services) -> None:
    """A member's good token beside it changes nothing."""
    async for stub in services.stub(None):
        metadata = [("authorization", f"Bearer {services.world.token}"), (SERVICE_TOKEN, "x")]
        with pytest.raises(Exception, match="service token is not valid"):
            await stub.do(StringValue(value="x"), timeout=5.0, metadata=metadata)
    assert services.world.service.calls == 0
