"""Links for who has no account yet: of one key, in time, and telling nothing."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from common.testing.clock import FakeClock
from identity.adapters.join_links import SealedJoinLinks
from identity.adapters.master_key import MasterKey
from identity.domain.applying import Confirmed
from identity.domain.errors import LinkInvalid
from identity.domain.network_rules import Opening

from services.identity.tests.builders import NETWORK, NOW
from services.identity.tests.joining import link, wished, world


@pytest.mark.parametrize("token", ["", "no", "A" * 86, "\u00e4", "A" * 9000, "=" * 90])
async def test_what_was_never_a_link_opens_nothing(token: str) -> None:
    with pytest.raises(LinkInvalid):
        await wished(world(Opening.APPROVAL), token=token)


async def test_a_link_is_of_one_key_for_two_days_and_not_to_be_changed() -> None:
    directory, token = world(Opening.APPROVAL), link()
    others = SealedJoinLinks(MasterKey(b"x" * 32))
    forged = others.make(Confirmed(NETWORK, "ada@example.org"), NOW + timedelta(days=2))
    changed = token[:-3] + ("A" if token[-3] != "A" else "B") + token[-2:]
    late = FakeClock(NOW + timedelta(days=2))
    for wrong in ({"token": forged}, {"token": changed}, {"clock": late}):
        with pytest.raises(LinkInvalid):
            await wished(directory, **wrong)
    assert directory.accounts(NETWORK).all == {}


def test_a_link_tells_nothing_to_who_has_no_key() -> None:
    token = link("ada@example.org")
    content = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    assert b"ada" not in content
    assert NETWORK.bytes not in content
    assert link("ada@example.org") != token
