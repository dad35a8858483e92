"""What an export says of a connection is what its reader may know, to the letter."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from common.ids import new_id
from community.adapters.exporting import KINDS
from community.adapters.mongo_connections import state_of
from community.domain.connection import Connection, first_request
from export.kinds import Owned, Record, Whose, text_of

from services.community.tests.builders import NETWORK, NOW

ANA, BEN = sorted((new_id(), new_id()))
DAY = timedelta(days=1)


def exported(kept: Connection, to: UUID) -> Record | None:
    (kind,) = (kind for kind in KINDS if kind.name == "connections")
    assert isinstance(kind, Owned)
    return kind.show({"_id": kept.id, **state_of(kept)}, Whose(NETWORK, to))


def test_who_was_declined_reads_what_who_was_not_answered_does() -> None:
    waits = first_request(ANA, BEN, NOW)
    declined = waits.let_go(BEN, NOW + DAY)
    assert exported(waits, ANA) == exported(declined, ANA) == {
        "memberId": str(BEN), "state": "requested", "askedBy": "you", "askTime": text_of(NOW),
        "changeTime": text_of(NOW),
    }  # fmt: skip


def test_who_declined_reads_nothing_of_another_try() -> None:
    declined = first_request(ANA, BEN, NOW).let_go(BEN, NOW + DAY)
    back = declined.let_go(ANA, NOW + 2 * DAY)
    again = back.ask(ANA, NOW + 4 * DAY)
    for kept in (declined, back, again):
        assert exported(kept, BEN) == {
            "memberId": str(ANA), "state": "declined", "askedBy": "the other",
            "askTime": text_of(NOW), "changeTime": text_of(NOW + DAY),
        }  # fmt: skip
    tried = exported(again, ANA)
    assert tried
    assert (tried["state"], tried["askTime"]) == ("requested", text_of(NOW + 4 * DAY))
