"""Seats are never oversold, never lost, and a code gives away nothing but its network."""

from __future__ import annotations

from datetime import timedelta

import pytest
from common.errors import Invalid
from common.ids import new_id
from hypothesis import given
from hypothesis import strategies as st
from identity.domain.errors import InviteInvalid
from identity.domain.invite import (
    LONGEST_LIFE,
    STALE_AFTER,
    Terms,
    hash_code,
    make_code,
    network_of,
)
from identity.domain.role import Role

from services.identity.tests.builders import NETWORK, NOW, an_invite


@given(st.integers(1, 20), st.integers(0, 25))
def test_seats_are_never_oversold(max_uses: int, wanted: int) -> None:
    invite, _ = an_invite(max_uses=max_uses)
    seated = 0
    for _ in range(wanted):
        try:
            invite = invite.reserve(new_id(), NOW)
        except InviteInvalid:
            continue
        seated += 1
    assert seated == min(max_uses, wanted) == len(invite.seats)


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)), st.integers(0, 3))
def test_settling_counts_whom_it_finds_and_frees_the_other_stale_seats(
    stale: set[int], there: set[int], fresh: int
) -> None:
    invite, _ = an_invite(max_uses=100)
    ids = [new_id() for _ in range(10)]
    for number in sorted(stale):
        invite = invite.reserve(ids[number], NOW - STALE_AFTER)
    for _ in range(fresh):
        invite = invite.reserve(new_id(), NOW)
    assert invite.stale(NOW) == {ids[number] for number in stale}
    settled = invite.settle(invite.stale(NOW), {ids[number] for number in there})
    assert settled.used == len(stale & there)
    assert len(settled.seats) == fresh


def test_a_released_seat_can_be_taken_by_another() -> None:
    invite, _ = an_invite()
    first = new_id()
    taken = invite.reserve(first, NOW)
    with pytest.raises(InviteInvalid):
        taken.reserve(new_id(), NOW)
    freed = taken.release(first)
    assert not freed.keeps_seat_for(first)
    assert freed.reserve(new_id(), NOW).version == 4


def test_an_expired_invite_seats_nobody() -> None:
    invite, _ = an_invite(days=7)
    with pytest.raises(InviteInvalid):
        invite.reserve(new_id(), NOW + timedelta(days=7))


@pytest.mark.parametrize(
    "terms",
    [
        Terms(frozenset(), 1, NOW + timedelta(days=1)),
        Terms(frozenset({Role.PLATFORM_OPERATOR, Role.MEMBER}), 1, NOW + timedelta(days=1)),
        Terms(frozenset({Role.MEMBER}), 0, NOW + timedelta(days=1)),
        Terms(frozenset({Role.MEMBER}), 10_001, NOW + timedelta(days=1)),
        Terms(frozenset({Role.MEMBER}), 1, NOW),
        Terms(frozenset({Role.MEMBER}), 1, NOW + LONGEST_LIFE + timedelta(milliseconds=1)),
    ],
)
def test_terms_nobody_may_offer_are_refused(terms: Terms) -> None:
    with pytest.raises(Invalid):
        terms.check(NOW)


@given(st.binary(min_size=16, max_size=16))
def test_a_code_names_its_network(secret: bytes) -> None:
    code = make_code(NETWORK, secret)
    assert network_of(code) == NETWORK
    assert len(code) == 43
    assert len(hash_code(code)) == 32


@given(st.text(max_size=60).filter(lambda text: len(text) != 43))
def test_what_is_no_code_is_refused_like_an_unknown_one(text: str) -> None:
    with pytest.raises(InviteInvalid, match="unknown"):
        network_of(text)
