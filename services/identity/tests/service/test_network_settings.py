"""The settings of a network over the wire: who sees what, what changes, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from common import grpc_client
from common.errors import DomainError
from google.protobuf.field_mask_pb2 import FieldMask
from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as identity
from kith.identity.v1 import network_pb2
from kith.identity.v1 import network_service_pb2 as api

from services.identity.tests.builders import NOW
from services.identity.tests.doors import Door

RESOURCE = network_pb2.CrisisResource(name="Helpline", phone="1234")
APPROVAL = network_pb2.OPENING_RULE_APPROVAL


async def update(
    door: Door, admin: str, *paths: str, versions: list[int] | None = None, **values: Any
) -> pb.Network:
    request = api.UpdateNetworkRequest(
        network=pb.Network(**values),
        update_mask=FieldMask(paths=paths or values), versions=versions,
    )  # fmt: skip
    reply = await grpc_client.call(door.client.settings.UpdateNetwork, request, token=admin)
    return reply.network


async def look_up(door: Door, **by: str) -> network_pb2.JoiningNetwork:
    request = api.LookUpNetworkRequest(**by)
    return (await grpc_client.call(door.client.settings.LookUpNetwork, request)).network


async def test_an_admin_changes_what_the_mask_names_and_members_see_it(door: Door) -> None:
    admin = await door.client.admin()
    member = await door.client.member(admin)
    changed = await update(
        door, admin, locale="PT-br", opening=APPROVAL,
        crisis_resources=[network_pb2.CrisisResource(name="Line", phone="188", locale="pt")],
        branding=network_pb2.Branding(color="#aabbcc"),
    )  # fmt: skip
    assert (changed.version, changed.locale, changed.display_name) == (2, "pt-BR", "Berlin")
    seen = await grpc_client.call(
        door.client.networks.GetNetwork, identity.GetNetworkRequest(), token=member
    )
    assert seen.network == changed
    again = await update(door, admin, "locale", locale="pt-BR")
    assert again == changed


async def test_what_the_mask_does_not_name_stays_as_it_is(door: Door) -> None:
    admin = await door.client.admin()
    changed = await update(door, admin, "locale", locale="de", display_name="Ignored")
    assert (changed.locale, changed.display_name) == ("de", "Berlin")
    emptied = await update(door, admin, "opening", "moderation", "age_rule")
    assert emptied == changed


@pytest.mark.parametrize(
    "paths, values, field",
    [(["slug"], {}, "update_mask"), (["branding.color"], {}, "update_mask"),
     (["locale"], {"locale": "english"}, "locale"),
     (["opening"], {"opening": 99}, "opening"),
     (["age_rule"], {"age_rule": network_pb2.AgeRule(minimum_age=18)}, "age_rule"),
     (["crisis_resources"], {"crisis_resources": [RESOURCE] * 21}, "crisis_resources")],
)  # fmt: skip
async def test_what_cannot_be_is_refused_and_named(
    door: Door, paths: list[str], values: dict[str, Any], field: str
) -> None:
    admin = await door.client.admin()
    with pytest.raises(DomainError) as refused:
        await update(door, admin, *paths, **values)
    assert (refused.value.reason, refused.value.metadata["field"]) == ("INVALID_ARGUMENT", field)


async def test_a_mask_that_names_nothing_is_refused(door: Door) -> None:
    admin = await door.client.admin()
    with pytest.raises(DomainError) as refused:
        await update(door, admin)
    assert refused.value.metadata["field"] == "update_mask"


async def test_another_version_is_refused(door: Door) -> None:
    admin = await door.client.admin()
    await update(door, admin, locale="de", versions=[1])
    with pytest.raises(DomainError) as refused:
        await update(door, admin, locale="fr", versions=[1])
    assert refused.value.reason == "VERSION_MISMATCH"


async def test_who_is_about_to_join_sees_the_public_part(door: Door) -> None:
    admin = await door.client.admin()
    code = await door.client.invite(admin)
    assert (await look_up(door, invite_code=code)).slug == "berlin"
    for by in ({"slug": "berlin"}, {"slug": "nothing"}):
        with pytest.raises(DomainError) as refused:
            await look_up(door, **by)
        assert refused.value.reason == "NETWORK_NOT_OPEN"
    await update(door, admin, opening=APPROVAL)
    assert (await look_up(door, slug="berlin")).opening == APPROVAL
    with pytest.raises(DomainError) as refused:
        await look_up(door)
    assert refused.value.reason == "INVALID_ARGUMENT"


async def test_the_rule_of_age_holds_at_registration(door: Door) -> None:
    admin = await door.client.admin()
    born = network_pb2.AGE_STATEMENT_BIRTH_DATE
    await update(door, admin, age_rule=network_pb2.AgeRule(minimum_age=18, statement=born))
    code = await door.client.invite(admin)
    for birth_date, reason in (
        (f"{NOW.year - 6}-01-01", "AGE_NOT_MET"), ("", "INVALID_ARGUMENT"),
        ("1.1.1990", "INVALID_ARGUMENT"),
    ):  # fmt: skip
        request = identity.RegisterRequest(
            invite_code=code, handle="ada", email="ada@example.org",
            password="correct horse battery", birth_date=birth_date, service_text_version=1,
        )  # fmt: skip
        with pytest.raises(DomainError) as refused:
            await grpc_client.call(door.client.accounts.Register, request)
        assert refused.value.reason == reason
    request.birth_date = "1990-01-01"
    await grpc_client.call(door.client.accounts.Register, request)
