"""What a network may be set to, and that a change is one version on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from common.errors import Invalid
from common.ids import new_id
from hypothesis import given
from hypothesis import strategies as st
from identity.application.update_network import network_to_join, update_network
from identity.domain.deed import Done
from identity.domain.errors import InviteInvalid, NetworkNotFound, NetworkNotOpen, VersionMismatch
from identity.domain.network import Network
from identity.domain.network_rules import (
    AgeRule,
    AgeStatement,
    Branding,
    CrisisResource,
    Opening,
    age_on,
    locale,
)

from services.identity.tests.builders import NETWORK, NOW, a_network, an_invite
from services.identity.tests.fakes import FakeDirectory, FakeNetworks


@pytest.mark.parametrize(
    "text, form",
    [("EN", "en"), ("pt-br", "pt-BR"), ("SR-LATN-RS", "sr-Latn-RS"), ("es-419", "es-419"),
     ("de-1996", "de-1996"), ("sl-ROZAJ-biske", "sl-rozaj-biske"), ("zh-yue-hk", "zh-yue-HK")],
)  # fmt: skip
def test_a_language_tag_is_brought_into_its_form(text: str, form: str) -> None:
    assert locale(text) == form
    assert locale(form) == form


@pytest.mark.parametrize("text", ["", "e", "english", "en_US", "en-", "-en", "en-USA1-", "x" * 36])
def test_what_is_no_language_tag_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        locale(text)


@given(st.text(max_size=40))
def test_any_text_is_a_language_tag_in_its_form_or_refused(text: str) -> None:
    try:
        form = locale(text)
    except Invalid:
        return
    assert locale(form) == form


@given(st.dates(date(1900, 1, 1), date(2030, 1, 1)), st.dates(date(1900, 1, 1), date(2030, 1, 1)))
def test_nobody_is_a_year_older_before_her_birthday(born: date, day: date) -> None:
    birthdays = sum(
        1 for year in range(born.year + 1, day.year + 1) if (year, born.month, born.day) <= (
            day.year, day.month, day.day)
    )  # fmt: skip
    if day >= born:
        assert age_on(day, born) == birthdays


@pytest.mark.parametrize(
    "minimum, statement",
    [(-1, AgeStatement.NONE), (100, AgeStatement.CONFIRMATION), (18, AgeStatement.NONE),
     (0, AgeStatement.BIRTH_DATE)],
)  # fmt: skip
def test_a_rule_of_age_that_cannot_be_followed_is_refused(
    minimum: int, statement: AgeStatement
) -> None:
    with pytest.raises(Invalid):
        AgeRule(minimum, statement)


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"phone": "", "text": "", "url": ""}, {"phone": "call me"}, {"text": "1"},
     {"url": "http://help.example"}, {"url": "javascript:alert(1)"}, {"url": "https://a b"},
     {"locale": "DE"}, {"hours": "x" * 101}, {"name": "a\nb"}],
)  # fmt: skip
def test_help_that_nobody_can_reach_is_refused(wrong: dict[str, str]) -> None:
    good = {"name": "Helpline", "phone": "+49 800 1110111"}
    CrisisResource(**good)
    with pytest.raises(Invalid) as refused:
        CrisisResource(**(good | wrong))
    assert refused.value.metadata["field"] == "crisis_resources"


@pytest.mark.parametrize(
    "wrong",
    [{"color": "green"}, {"color": "#12345"}, {"logo": "https://evil.example/pixel.png"},
     {"logo": "//evil.example"}, {"short_name": "x" * 21}, {"short_name": " "}],
)  # fmt: skip
def test_a_look_that_no_app_can_show_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        Branding(**wrong)
    assert refused.value.metadata["field"] == "branding"


def test_today_is_the_day_where_the_network_is() -> None:
    auckland = replace(a_network(), time_zone="Pacific/Auckland")
    assert auckland.today(datetime(2026, 1, 1, 12, tzinfo=UTC)) == date(2026, 1, 2)


@pytest.fixture
def network() -> Network:
    return a_network()


async def test_a_change_is_one_version_on_and_none_is_none(network: Network) -> None:
    networks = FakeNetworks(network)
    changed = await update_network(networks, network.id, {"locale": "de"}, [1])
    assert (changed.version, changed.locale) == (2, "de")
    assert await update_network(networks, network.id, {"locale": "de"}, [2]) == changed
    assert await networks.get(network.id) == changed


async def test_a_version_that_is_over_changes_nothing(network: Network) -> None:
    networks = FakeNetworks(network)
    await update_network(networks, network.id, {"locale": "de"}, [])
    with pytest.raises(VersionMismatch):
        await update_network(networks, network.id, {"locale": "fr"}, [1, 3])
    assert (await update_network(networks, network.id, {"locale": "fr"}, [1, 2])).version == 3


async def test_of_two_who_saw_the_same_version_one_is_told(network: Network) -> None:
    class Slow(FakeNetworks):
        raced = False

        async def save(self, network: Network, done: Done | None = None) -> None:
            if not self.raced:
                self.raced = True
                await update_network(self, network.id, {"display_name": "Faster"}, [1])
            await super().save(network, done)

    networks = Slow(network)
    with pytest.raises(VersionMismatch):
        await update_network(networks, network.id, {"display_name": "Slower"}, [1])
    kept = await networks.get(network.id)
    assert kept
    assert (kept.display_name, kept.version) == ("Faster", 2)


async def test_bad_values_change_nothing(network: Network) -> None:
    networks = FakeNetworks(network)
    with pytest.raises(Invalid):
        await update_network(networks, network.id, {"time_zone": "Mars/Base"}, [])
    with pytest.raises(Invalid):
        await update_network(networks, network.id, {"display_name": ""}, [])
    with pytest.raises(Invalid):
        await update_network(networks, network.id, {}, [])
    with pytest.raises(NetworkNotFound):
        await update_network(networks, new_id(), {"locale": "de"}, [])
    assert await networks.get(network.id) == network


async def test_a_network_that_only_invites_is_not_there_for_who_has_no_invite() -> None:
    closed, open_ = (
        a_network("closed", NETWORK),
        replace(a_network("open"), opening=Opening.APPROVAL),
    )
    directory = FakeDirectory(closed, open_)
    assert await network_to_join(directory, slug="open", code="", now=NOW) == open_
    told = []
    for slug in ("closed", "nothing"):
        with pytest.raises(NetworkNotOpen) as refused:
            await network_to_join(directory, slug=slug, code="", now=NOW)
        told.append(str(refused.value))
    assert told[0] == told[1]


async def test_an_invite_shows_its_network_as_long_as_it_can_be_used() -> None:
    directory = FakeDirectory(a_network("closed", NETWORK))
    invite, code = an_invite()
    await directory.invites(NETWORK).add(invite)
    found = await network_to_join(directory, slug="", code=code, now=NOW)
    assert found.slug == "closed"
    for bad in (an_invite()[1], "nothing"):
        with pytest.raises(InviteInvalid):
            await network_to_join(directory, slug="", code=bad, now=NOW)
    with pytest.raises(InviteInvalid):
        await network_to_join(directory, slug="", code=code, now=invite.terms.expires_at)
