"""Which sessions are over, and for how long that has to be known."""

from __future__ import annotations

from uuid import UUID

import pytest
from common.auth import Caller
from common.errors import Unauthenticated
from gateway.application.ended import LIFE_SECONDS, Ended
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from services.gateway.tests.tokens import ADA, BEN, NETWORK

PHONE, LAPTOP = UUID(int=1), UUID(int=2)


class Watch:
    """Seconds that pass when told to."""

    seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def caller(
    session: UUID | None = PHONE, *, epoch: int = 0, member: UUID = ADA, network: UUID = NETWORK
) -> Caller:
    return Caller(member, network, frozenset(), "", 0.0, session, epoch)


def test_one_session_ends_and_no_other() -> None:
    ended = Ended(Watch())
    ended.end_session(PHONE)
    with pytest.raises(Unauthenticated, match="sign in again"):
        ended.check(caller())
    ended.check(caller(LAPTOP))
    ended.check(caller(None))


def test_all_of_an_account_end_up_to_an_epoch() -> None:
    ended = Ended(Watch())
    ended.end_all(NETWORK, ADA, 3)
    ended.end_all(NETWORK, ADA, 2)  # came late
    assert ended.has(caller(epoch=2))
    assert not ended.has(caller(epoch=3))
    assert not ended.has(caller(None, epoch=2))
    assert not ended.has(caller(member=BEN))
    assert not ended.has(caller(network=UUID(int=9)))


def test_what_no_token_outlives_is_forgotten() -> None:
    watch = Watch()
    ended = Ended(watch)
    ended.end_session(PHONE)
    ended.end_all(NETWORK, ADA, 1)
    watch.seconds += LIFE_SECONDS - 1
    ended.end_session(LAPTOP)
    assert len(ended) == 3
    assert ended.has(caller())
    watch.seconds += 1
    ended.end_session(LAPTOP)
    assert len(ended) == 1
    assert ended.has(caller(LAPTOP, member=BEN))


def test_who_had_to_be_forgotten_too_early_is_counted() -> None:
    def forgotten() -> float:
        return REGISTRY.get_sample_value("kith_gateway_ends_forgotten_total") or 0.0

    before, watch = forgotten(), Watch()
    ended = Ended(watch, most=1)
    ended.end_session(PHONE)
    ended.end_session(LAPTOP)
    ended.end_all(NETWORK, ADA, 1)
    ended.end_all(NETWORK, BEN, 1)
    assert forgotten() == before + 2
    watch.seconds += LIFE_SECONDS
    ended.end_session(PHONE)
    assert forgotten() == before + 2


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=200))
def test_however_many_end_no_more_are_known_than_may_be(ends: list[tuple[bool, int]]) -> None:
    ended = Ended(Watch(), most=5)
    for one, number in ends:
        if one:
            ended.end_session(UUID(int=number))
        else:
            ended.end_all(NETWORK, UUID(int=number), 1)
        assert len(ended) <= 10
    if ends:
        one, number = ends[-1]
        last = caller(UUID(int=number)) if one else caller(member=UUID(int=number))
        assert ended.has(last)
