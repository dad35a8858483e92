"""`kill -9` at any moment: what was acknowledged is there, and nobody is locked out."""

from __future__ import annotations

import asyncio
import signal

import pytest
from common import grpc_client
from common.errors import DomainError, Kind, RemoteError
from common.ids import new_id
from common.testing.poll import until
from kith.identity.v1 import identity_pb2 as pb

from services.identity.tests.builders import PASSWORD
from services.identity.tests.doors import Client
from services.identity.tests.running import ACCOUNTS, ACTIVITY, Process, Surroundings, imported


async def test_after_kill_9_nothing_acknowledged_is_missing_and_every_event_arrives(
    process: Process, surroundings: Surroundings
) -> None:
    first = await process.start()
    async with grpc_client.connect(process.grpc) as channel:
        client = Client(channel)
        admin = await client.admin()
        reply = await imported(client, admin, range(200))
        first.send_signal(signal.SIGKILL)
    await first.wait()
    second = await process.start()
    async with grpc_client.connect(process.grpc) as channel:
        client = Client(channel)
        again = await imported(client, admin, range(200))  # its token still works, too
        assert again.existing_count == 200
        assert again.member_ids == reply.member_ids
    told = await surroundings.records(ACCOUNTS, 202)  # the operator and the admin as well
    assert {record.key.decode() for record in told} >= set(reply.member_ids.values())
    agreed = await surroundings.records(ACTIVITY, 200)
    assert {record.key.decode() for record in agreed} >= set(reply.member_ids.values())
    second.send_signal(signal.SIGTERM)
    assert await second.wait() == 0


class Refreshing:
    """A device that refreshes as fast as it can, until nobody answers."""

    def __init__(self, client: Client, session: pb.Session) -> None:
        self._client = client
        self.session = session
        self.request_id = ""
        self.secrets: list[str] = []
        self.ended_with: Kind | None = None

    async def run(self) -> None:
        """Return when a refresh got no answer; `session` and `request_id` are what it asked."""
        while True:
            self.secrets += [self.session.access_token, self.session.refresh_token]
            self.request_id = str(new_id())
            try:
                self.session = await self._client.refresh(self.session, self.request_id)
            except DomainError as error:
                self.ended_with = error.kind
                return

    async def often(self) -> bool:
        """Whether it has refreshed a few times."""
        return len(self.secrets) > 20


async def test_after_kill_9_a_lost_refresh_is_had_again_and_no_secret_is_in_the_log(
    process: Process,
) -> None:
    first = await process.start()
    async with grpc_client.connect(process.grpc) as channel:
        client = Client(channel)
        await client.member(await client.admin())
        session = await client.sign_in("ada@example.org", label="secret-label")
        device = Refreshing(client, session)
        under_way = asyncio.create_task(device.run())
        await until(device.often)
        first.send_signal(signal.SIGKILL)
        await under_way
    assert device.ended_with is Kind.UNAVAILABLE
    await first.wait()
    second = await process.start()
    async with grpc_client.connect(process.grpc) as channel:
        client = Client(channel)
        again = await client.refresh(device.session, device.request_id)
        assert again.session_id == session.session_id
        last = await client.refresh(again)
        await client.sign_in("ada@example.org")
        with pytest.raises(RemoteError):
            await client.refresh(again)  # reuse, which is logged
        assert len(await client.devices_of(last)) == 2
    second.send_signal(signal.SIGTERM)
    assert await second.wait() == 0
    told = process.log.read_text()
    assert "session.refresh_token_reused" in told
    for secret in (*device.secrets, again.refresh_token, PASSWORD, "@example.org", "secret-label"):
        assert secret not in told
