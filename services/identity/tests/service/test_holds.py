"""Legal holds over a real channel and on a whole service: placed, seen, listed, lifted, told."""

from __future__ import annotations

from datetime import datetime, timedelta

from common.clock import SystemClock, epoch_millis
from common.errors import RemoteError
from common.grpc_client import call
from common.testing.poll import until
from google.protobuf.timestamp_pb2 import Timestamp
from kith.identity.v1 import audit_service_pb2 as audit
from kith.identity.v1 import erasure_pb2 as pb
from kith.identity.v1 import erasure_service_pb2 as erasures
from kith.identity.v1 import hold_service_pb2 as api
from kith.identity.v1 import identity_pb2

from services.identity.tests.doors import Client, Door
from services.identity.tests.running import Surroundings
from services.identity.tests.service.test_running import running

FILE, MONTH = "2026-17", timedelta(days=30)


def stamp(at: datetime) -> Timestamp:
    made = Timestamp()
    made.FromMilliseconds(epoch_millis(at))
    return made


async def place(
    client: Client, token: str, member_id: str, at: datetime, *, network_id: str = "",
    reference: str = FILE, sealed: bool = False,
) -> None:  # fmt: skip
    request = api.PlaceHoldRequest(
        network_id=network_id, member_id=member_id, reference=reference, sealed=sealed,
        reason=pb.HOLD_REASON_LEGAL_ORDER, expire_time=stamp(at),
    )  # fmt: skip
    await call(client.holds.PlaceHold, request, token=token)


async def asked(client: Client, token: str) -> pb.Erasure:
    request = erasures.RequestErasureRequest()
    return (await call(client.erasures.RequestErasure, request, token=token)).erasure


async def accesses(client: Client, token: str) -> list[str]:
    """What was done to her, newest first."""
    request = audit.ListAccessesRequest()
    reply = await call(client.audit.ListAccesses, request, token=token)
    return [one.action.rpartition("/")[2] for one in reply.entries]


async def test_it_is_placed_listed_seen_and_lifted(door: Door) -> None:
    client, now = door.client, door.clock.now()
    admin = await client.admin()
    await client.member(admin)
    ada = await client.sign_in("ada@example.org")
    await place(client, admin, ada.member_id, now + MONTH)
    held = await asked(client, ada.access_token)
    assert (held.state, held.hold_expire_time) == (pb.ERASURE_STATE_HELD, stamp(now + MONTH))
    (listed,) = (await call(client.holds.ListHolds, api.ListHoldsRequest(), token=admin)).holds
    assert (listed.member_id, listed.reference) == (ada.member_id, FILE)
    assert await accesses(client, ada.access_token) == ["ListHolds"]
    lift = api.LiftHoldRequest(member_id=ada.member_id, reference=FILE)
    for _ in range(2):
        await call(client.holds.LiftHold, lift, token=admin)
    assert (await asked(client, ada.access_token)).state == pb.ERASURE_STATE_REQUESTED
    assert not (await call(client.holds.ListHolds, api.ListHoldsRequest(), token=admin)).holds


async def test_the_operator_learns_nothing_of_another_network(door: Door) -> None:
    client, now = door.client, door.clock.now()
    admin = await client.admin()
    await client.member(admin)
    ada, operator = await client.sign_in("ada@example.org"), await client.operator()
    await place(client, operator, ada.member_id, now + MONTH, network_id=ada.network_id)
    await place(client, operator, ada.network_id, now + MONTH, network_id=ada.network_id)
    assert (await asked(client, ada.access_token)).state == pb.ERASURE_STATE_HELD
    assert not await refusal(call(client.holds.ListHolds, api.ListHoldsRequest(), token=admin))
    listing = call(client.holds.ListHolds, api.ListHoldsRequest(), token=operator)
    assert await refusal(listing) == "FORBIDDEN"
    lift = api.LiftHoldRequest(member_id=ada.member_id, reference=FILE)
    assert await refusal(call(client.holds.LiftHold, lift, token=admin)) == "FORBIDDEN"


async def refusal(attempt: object) -> str:
    """The reason; empty if there is none."""
    try:
        await attempt  # type: ignore[misc]  # a coroutine
    except RemoteError as error:
        return error.reason
    return ""


async def test_the_member_reads_of_it_in_the_log_unless_it_is_sealed(
    surroundings: Surroundings,
) -> None:
    async with running(surroundings) as (_, client, _):
        admin = await client.admin()
        await client.member(admin)
        ada: identity_pb2.Session = await client.sign_in("ada@example.org")
        ends = SystemClock().now() + MONTH
        await place(client, admin, ada.member_id, ends, sealed=True)
        await place(client, admin, ada.member_id, ends, reference="open")

        async def told() -> bool:
            return await accesses(client, ada.access_token) == ["PlaceHold"]

        async def all_told() -> bool:
            request = audit.ListAuditEntriesRequest()
            log = await call(client.audit.ListAuditEntries, request, token=admin)
            actions = [one.action.rpartition("/")[2] for one in log.entries]
            return actions.count("PlaceHold") == 2

        await until(all_told)
        assert await told()
        assert (await asked(client, ada.access_token)).state == pb.ERASURE_STATE_HELD
