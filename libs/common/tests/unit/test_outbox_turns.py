"""Whose turn it is: who wrote it, until somebody has had it for too long."""

from __future__ import annotations

from uuid import UUID

from common.ids import new_id, tagged_id
from common.mongo import Document
from common.outbox.documents import turn_of
from common.outbox.turns import Turns

MINE, THEIRS = 1, 2
GRACE = 60.0


class Monotonic:
    """A clock that is set by hand."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def waiting(tag: int, *, seconds: float = 0.0, turn: UUID | None = None) -> Document:
    """Written by two, one behind the other; its place says nothing of whose turn it is."""
    at = UUID(int=tagged_id(tag).int - (round(seconds * 1000) << 80))
    entries = [{"id": at}, {"id": tagged_id(MINE + THEIRS - tag)}]
    document = {"outbox_at": new_id(), "outbox": entries}
    return document | ({"outbox_turn": turn} if turn else {})


def test_what_was_taken_whole_and_not_cleared_is_whose_it_was_last() -> None:
    turn = tagged_id(MINE)
    assert turn_of({"outbox_at": new_id(), "outbox": [], "outbox_turn": turn}) == turn
    assert turn_of({"outbox_at": turn, "outbox": []}) == turn


def test_what_is_ones_own_is_ones_own_however_old() -> None:
    documents = [waiting(MINE), waiting(MINE, seconds=10_000)]
    assert Turns(MINE, GRACE).split(documents) == (documents, [])


def test_what_is_anothers_is_left_to_it_for_the_whole_grace() -> None:
    clock = Monotonic()
    turns = Turns(MINE, GRACE, clock)
    clock.now += GRACE + 1
    young, old = waiting(THEIRS, seconds=GRACE - 5), waiting(THEIRS, seconds=GRACE + 5)
    assert turns.split([young, old]) == ([old], [young])


def test_a_turn_that_was_taken_counts_and_not_the_age_of_the_document() -> None:
    clock = Monotonic()
    turns = Turns(MINE, GRACE, clock)
    clock.now += GRACE + 1
    taken = waiting(MINE, seconds=500, turn=tagged_id(THEIRS))
    ours = waiting(THEIRS, seconds=500, turn=tagged_id(MINE))
    assert turns.split([taken, ours]) == ([ours], [taken])


def test_who_starts_or_could_not_publish_leaves_others_their_time() -> None:
    """While the broker is away everything grows old; when it is back, each publishes its own."""
    clock = Monotonic()
    turns = Turns(MINE, GRACE, clock)
    old = waiting(THEIRS, seconds=500)
    assert turns.split([old]) == ([], [old])
    clock.now += GRACE + 1
    assert turns.split([old]) == ([old], [])
    turns.failed()
    clock.now += GRACE - 1
    assert turns.split([old]) == ([], [old])
    clock.now += 2
    assert turns.split([old]) == ([old], [])
