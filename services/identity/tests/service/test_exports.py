"""An export over gRPC: begun, collected from identity's own records, read, thrown away."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

import pytest
from common.errors import RemoteError
from common.grpc_client import call
from common.ids import new_id
from common.mongo import Database
from identity.adapters.export_seal import X25519Seal
from identity.adapters.export_sources import SERVICES, OwnRecords
from identity.adapters.exporting import KINDS, WITHHELD
from identity.adapters.mongo import INDEXES
from identity.adapters.signing_keys import KeyRing
from identity.adapters.tokens import PASS_LIFE, SignedTokens
from identity.application.collect_export import Collect
from identity.application.export_ports import Exports, Source
from identity.application.ports import Directory
from identity.domain.export import LIFE, Export
from identity.domain.mail import Kind
from kith.export.v1 import record_service_pb2 as records
from kith.identity.v1 import export_service_pb2 as api
from kith.identity.v1 import identity_service_pb2 as identity
from policy import Actor, decide
from policy.table import DELIVER, RECORDS, TABLE

from libs.export.tests.parity import untold
from services.identity.tests.builders import NETWORK, TEXTS, a_member
from services.identity.tests.doors import Door


class Nothing:
    """Implements export_ports.Source for a service that holds nothing."""

    async def __call__(self, account: object, page_token: str) -> tuple[bytes, str]:
        page = records.RecordPage(kind="things", title="Things", about="None.")
        return page.SerializeToString(), ""


class Killed(BaseException):
    """The process is gone."""


class MortalExports:
    """The real ones, killed behind the part and before the export."""

    def __init__(self, exports: Exports) -> None:
        self._exports = exports

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exports, name)

    async def save(self, export: Export) -> None:
        raise Killed


class MortalDirectory:
    """A directory of such exports."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def __getattr__(self, name: str) -> Any:
        return getattr(self._directory, name)

    def exports(self, network_id: UUID) -> MortalExports:
        return MortalExports(self._directory.exports(network_id))


def collector(door: Door, database: Database, directory: Directory | None = None) -> Collect:
    sources: dict[str, Source] = {name: Nothing() for name in SERVICES}
    sources["identity"] = OwnRecords(database)
    ports = door.ports
    seal = X25519Seal()
    return Collect(directory or ports.directory, sources, seal, ports.outgoing, ports.clock)


async def collecting(door: Door) -> list[Export]:
    """The exports of everybody in the network."""
    directory = door.ports.directory
    network = await directory.networks.by_slug("berlin")
    assert network is not None
    members = await directory.accounts(network.id).page(None, 100)
    found = [await directory.exports(network.id).get(account.id) for account in members]
    return [export for export in found if export is not None]


async def collected(door: Door, database: Database) -> None:
    """Let everything that is due be collected."""
    collect = collector(door, database)
    for export in await collecting(door):
        current: Export | None = export
        while current is not None:
            current = await collect.step(current)


async def read(door: Door, token: str, secret: str) -> list[api.ReadExportResponse]:
    found, place = [], ""
    while True:
        request = api.ReadExportRequest(secret=secret, page_token=place)
        reply = await call(door.client.exports.ReadExport, request, token=token)
        found.append(reply)
        if not (place := reply.next_page_token):
            return found


def said(found: Sequence[api.ReadExportResponse], kind: str) -> list[dict[str, object]]:
    return [
        json.loads(one) for page in found if page.page.kind == kind for one in page.page.records
    ]


async def begin(door: Door, token: str) -> str:
    reply = await call(door.client.exports.CreateExport, api.CreateExportRequest(), token=token)
    assert reply.export.state == api.EXPORT_STATE_COLLECTING
    return reply.secret


async def state(door: Door, token: str) -> api.Export:
    reply = await call(door.client.exports.GetExport, api.GetExportRequest(), token=token)
    return reply.export


async def refused(door: Door, token: str, secret: str) -> str:
    with pytest.raises(RemoteError) as error:
        await read(door, token, secret)
    return error.value.reason


async def test_a_member_gets_what_identity_holds_and_no_secret(
    door: Door, database: Database
) -> None:
    admin = await door.client.admin()
    ada = await door.client.member(admin)
    await door.client.member(admin, "ben")
    assert (await state(door, ada)).state == api.EXPORT_STATE_NONE
    secret = await begin(door, ada)
    assert await refused(door, ada, secret) == "EXPORT_NOT_READY"
    await door.deliver()  # what joining wrote
    await collected(door, database)
    now = await state(door, ada)
    assert (now.state, now.done_count, now.total_count) == (api.EXPORT_STATE_READY, 6, 6)
    found = await read(door, ada, secret)
    assert {page.service for page in found} == set(SERVICES)
    (account,) = said(found, "account")
    assert (account["handle"], account["email"]) == ("ada", "ada@example.org")
    assert len(said(found, "devices")) == 1
    text = str(found)
    assert "ben" not in text
    for hidden in ("argon2", "password_hash", "family", "current", "sealed", "session_epoch"):
        assert hidden not in text.lower(), hidden
    assert [letter.kind for letter in await door.deliver()] == [Kind.EXPORT_READY]


async def test_what_lies_in_the_database_shows_nothing_of_it(
    door: Door, database: Database
) -> None:
    ada = await door.client.member(await door.client.admin())
    secret = await begin(door, ada)
    await collected(door, database)
    for name in ("exports", "export_parts"):
        found = await database.unscoped(name).find().to_list(None)
        assert found
        for document in found:
            assert b"ada@example.org" not in str(document).encode()
            assert secret not in str(document)


async def test_another_members_secret_opens_nothing_of_hers_and_hers_nothing_of_mine(
    door: Door, database: Database
) -> None:
    admin = await door.client.admin()
    ada, ben = [await door.client.member(admin, name) for name in ("ada", "ben")]
    hers, his = await begin(door, ada), await begin(door, ben)
    await collected(door, database)
    for token, secret in ((ada, his), (ben, hers), (ada, ""), (ada, "A" * 43)):
        assert await refused(door, token, secret) == "EXPORT_LINK_INVALID"
    with pytest.raises(RemoteError) as error:
        await begin(door, ada)
    assert error.value.reason == "EXPORT_EXISTS"
    await call(door.client.exports.DeleteExport, api.DeleteExportRequest(), token=ada)
    assert await refused(door, ada, hers) == "EXPORT_LINK_INVALID"
    assert await read(door, ben, his)


async def test_killed_behind_a_part_it_goes_on_from_there(door: Door, database: Database) -> None:
    ada = await door.client.member(await door.client.admin())
    secret = await begin(door, ada)
    mortal = cast(Directory, MortalDirectory(door.ports.directory))
    for _ in range(3):
        (export,) = await collecting(door)
        with pytest.raises(Killed):
            await collector(door, database, mortal).step(export)
    assert await database.unscoped("export_parts").count_documents({}) == 1
    await collected(door, database)
    found = await read(door, ada, secret)
    assert [page.page.kind for page in found] == [
        *(kind.name for kind in KINDS), *["things"] * (len(SERVICES) - 1),
    ]  # fmt: skip
    assert len(said(found, "account")) == 1
    assert await database.unscoped("export_parts").count_documents({}) == len(found)


async def test_it_expires(door: Door, database: Database) -> None:
    ada = await door.client.member(await door.client.admin())
    secret = await begin(door, ada)
    await collected(door, database)
    door.clock.advance(LIFE)
    again = (await door.client.sign_in("ada@example.org")).access_token
    assert await refused(door, again, secret) == "EXPORT_LINK_INVALID"
    assert (await state(door, again)).state == api.EXPORT_STATE_NONE


async def test_a_made_up_page_is_refused(door: Door, database: Database) -> None:
    ada = await door.client.member(await door.client.admin())
    secret = await begin(door, ada)
    await collected(door, database)
    for token in ("-1", "x", "99999", "²"):
        request = api.ReadExportRequest(secret=secret, page_token=token)
        with pytest.raises(RemoteError) as error:
            await call(door.client.exports.ReadExport, request, token=ada)
        assert error.value.reason == "INVALID_ARGUMENT"


async def test_the_pass_shown_to_services_opens_no_door_that_needs_a_role(door: Door) -> None:
    await door.client.admin()
    account, _ = a_member()
    tokens = SignedTokens(KeyRing.of(door.key), TEXTS)
    shown = tokens.sign_pass(account, door.clock.now())
    with pytest.raises(RemoteError) as error:
        await call(door.client.accounts.ListAccounts, identity.ListAccountsRequest(), token=shown)
    assert error.value.reason == "FORBIDDEN"
    door.clock.advance(2 * PASS_LIFE)
    with pytest.raises(RemoteError) as error:
        await call(door.client.exports.GetExport, api.GetExportRequest(), token=shown)
    assert error.value.reason == "UNAUTHENTICATED"


def test_without_a_role_there_is_nothing_of_others_to_see() -> None:
    roleless = Actor(new_id(), NETWORK, frozenset())
    assert decide(roleless, RECORDS).allowed
    for action in TABLE:
        if action == DELIVER:  # for services: it shows nothing of anybody by itself
            continue
        if action.startswith(("/kith.messaging.", "/kith.community.", "/kith.programs.")):
            assert not decide(roleless, action).allowed, action


def test_every_collection_is_told_or_named_as_withheld() -> None:
    assert untold(INDEXES, KINDS, WITHHELD) == set()
