"""What a device is told that was away, over ports in memory."""

from __future__ import annotations

from datetime import timedelta

import pytest
from common.errors import Invalid
from messaging.application.changed_since import MOST_TOLD, OVERLAP, changed_since
from messaging.application.open_conversation import open_conversation
from messaging.application.tails import Tails
from messaging.domain.touched import KEPT, MOST_KEPT, Touch, Touched

from services.messaging.tests.builders import ADA, BEN, CAT, NETWORK, NOW, a_draft, send
from services.messaging.tests.fakes import a_network

SECOND = timedelta(seconds=1)


def test_a_place_is_told_once_in_the_order_of_places() -> None:
    touches = [Touch(5, NOW), Touch(2, NOW + SECOND), Touch(5, NOW + SECOND), Touch(1, NOW)]
    found = Touched(NETWORK, touches)
    assert found.since(NOW - SECOND) == [1, 2, 5]
    assert found.since(NOW) == [2, 5]
    assert found.since(NOW + SECOND) == []


@pytest.mark.parametrize("count, known", [(MOST_KEPT - 1, True), (MOST_KEPT, False)])
def test_where_older_ones_may_have_been_dropped_not_all_are_known(count: int, known: bool) -> None:
    found = Touched(NETWORK, [Touch(1, NOW)] * count)
    assert (found.since(NOW - SECOND) is not None) is known
    assert found.since(NOW) == []


async def test_it_goes_back_no_further_than_changes_are_kept() -> None:
    network = a_network(ADA)
    assert not (await changed_since(network, ADA, NOW - KEPT, NOW)).messages
    with pytest.raises(Invalid):
        await changed_since(network, ADA, NOW - KEPT - SECOND, NOW)


async def test_what_was_noted_a_little_before_is_told_again() -> None:
    network = a_network(ADA, BEN)
    talk = await open_conversation(network, caller=ADA, peer=BEN, at=NOW)
    sent = await send(network, Tails(), conversation_id=talk.id, draft=a_draft())
    await network.touches.note(talk.id, Touch(sent.sequence, NOW))
    for later, told in ((OVERLAP - SECOND, [sent]), (OVERLAP, [])):
        found = await changed_since(network, BEN, NOW + later, NOW + later)
        assert list(found.messages) == told
    assert not (await changed_since(network, CAT, NOW, NOW)).messages


async def test_what_does_not_fit_is_read_anew() -> None:
    """The conversation changed last comes first."""
    network = a_network(ADA, BEN, CAT)
    talks = [await open_conversation(network, caller=ADA, peer=peer, at=NOW) for peer in (BEN, CAT)]
    tails = Tails()
    for talk in talks:
        for _ in range(2):
            await send(network, tails, conversation_id=talk.id, draft=a_draft())
    for number in range(1, MOST_TOLD):
        await network.touches.note(talks[0].id, Touch(number, NOW))
    for number in (1, 2):
        await network.touches.note(talks[1].id, Touch(number, NOW + SECOND))
    found = await changed_since(network, ADA, NOW, NOW)
    assert [one.conversation_id for one in found.messages] == [talks[1].id] * 2
    assert found.conversation_ids == [talks[0].id]
