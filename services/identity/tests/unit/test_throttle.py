"""Guessing becomes slow, nobody is shut out for long, and nothing tells who has an account."""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from collections.abc import Sequence
from datetime import timedelta

import pytest
from common.errors import Invalid, Limited, Unavailable
from common.testing.clock import FakeClock
from hypothesis import given
from hypothesis import strategies as st
from identity.adapters.master_key import KeyedDigest, MasterKey
from identity.application.throttle import Counter, Throttle
from identity.domain.errors import CredentialsInvalid
from identity.domain.throttle import ACCOUNT, ADDRESS, Level, Limit, address_group

from services.identity.tests.builders import NOW
from services.identity.tests.fakes import FakeLevels

LIMITS = st.sampled_from([ACCOUNT, ADDRESS])
SECOND = timedelta(seconds=1)


def failures(limit: Limit, count: int) -> tuple[Level, list[timedelta]]:
    """As many as that, each as soon as it may be, and the wait after each."""
    now, level, waits = NOW, Level.none(NOW), []
    for _ in range(count):
        level = level.attempt(limit, now)
        waits.append(level.until - now)
        now = level.until
    return level, waits


def test_the_first_failures_are_free_and_then_each_wait_is_longer() -> None:
    _, waits = failures(ACCOUNT, 16)
    assert waits[:5] == [timedelta(0)] * 5
    assert waits[5:9] == [SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND]
    assert waits == sorted(waits)
    assert waits[-1] == ACCOUNT.longest


def test_no_attempt_is_taken_before_its_time_and_it_is_told_when() -> None:
    level, _ = failures(ACCOUNT, 8)
    last = level.until - 4 * SECOND
    with pytest.raises(Limited) as refused:
        level.attempt(ACCOUNT, last + SECOND / 2)
    assert refused.value.metadata == {"retry_after_seconds": "4"}
    level.attempt(ACCOUNT, level.until)


@given(limit=LIMITS, pauses=st.lists(st.integers(0, 10_000), max_size=60))
def test_whatever_somebody_does_the_wait_has_an_end_and_all_is_forgotten(
    limit: Limit, pauses: list[int]
) -> None:
    now, level = NOW, Level.none(NOW)
    for pause in pauses:
        now += pause * SECOND
        try:
            level = level.attempt(limit, now)
        except Limited:
            continue
        assert level.until - now <= limit.longest
        assert level.level <= limit.top
    quiet = level.expires_at(limit)
    assert quiet <= now + limit.longest + limit.forget * limit.top
    assert level.attempt(limit, max(now, quiet)).level == pytest.approx(1)


@given(limit=LIMITS, count=st.integers(0, 40))
def test_an_attempt_that_was_none_leaves_all_as_it_was(limit: Limit, count: int) -> None:
    before, _ = failures(limit, count)
    counted = before.attempt(limit, before.until)
    undone = counted.undone(before, counted)
    assert (undone.level, undone.at, undone.until) == (before.level, before.at, before.until)
    assert undone.version == counted.version + 1


def test_an_attempt_undone_after_another_takes_only_its_own_away() -> None:
    before, _ = failures(ACCOUNT, 6)
    mine = before.attempt(ACCOUNT, before.until)
    theirs = mine.attempt(ACCOUNT, mine.until)
    undone = theirs.undone(before, mine)
    assert undone.level == theirs.level - 1
    assert undone.until == theirs.until


def test_a_clock_that_is_behind_forgets_nothing() -> None:
    level, _ = failures(ACCOUNT, 3)
    assert level.attempt(ACCOUNT, NOW).level == pytest.approx(4)


@pytest.mark.parametrize(
    "text, group",
    [
        ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("", ""), ("nonsense", ""), ("192.0.2.7, 192.0.2.8", ""),
    ],
)  # fmt: skip
def test_what_counts_as_one_address(text: str, group: str) -> None:
    assert address_group(text) == group


def test_keyed_hashes_tell_parts_and_keys_apart() -> None:
    digest = KeyedDigest(MasterKey(b"k" * 32).derive("throttle"))
    assert digest("a", "bc") == digest("a", "bc")
    others = [
        digest("ab", "c"), digest("abc"), KeyedDigest(b"k" * 32)("a", "bc"),
        KeyedDigest(MasterKey(b"k" * 32).derive("other"))("a", "bc"),
    ]  # fmt: skip
    assert len({digest("a", "bc"), *others}) == 5
    assert b"bc" not in digest("a", "bc")


class Gate:
    """Somebody who tries to get in, again and again."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOW)
        self.levels = FakeLevels()
        self.throttle = Throttle(self.levels, KeyedDigest(bytes(32)), self.clock)
        self.worked = 0

    def counters(self, email: str = "ada@example.org", address: str = "") -> Sequence[Counter]:
        return self.throttle.of_sign_in("berlin", email, address)

    async def knock(
        self, right: bool = False, email: str = "ada@example.org", address: str = ""
    ) -> str:
        async def work() -> str:
            self.worked += 1
            await asyncio.sleep(0)
            if not right:
                raise CredentialsInvalid("no")
            return "in"

        try:
            return await self.throttle.attempt(self.counters(email, address), work)
        except Limited as limited:
            return f"wait {limited.metadata['retry_after_seconds']}"
        except CredentialsInvalid:
            return "no"


async def test_what_has_to_wait_costs_no_work_and_makes_nobody_wait_longer() -> None:
    gate = Gate()
    answers = [await gate.knock() for _ in range(40)]
    assert answers == ["no"] * 6 + ["wait 1"] * 34
    assert gate.worked == 6
    gate.clock.advance(SECOND)
    assert await gate.knock(right=True) == "in"


async def test_of_many_at_once_only_the_free_ones_are_tried() -> None:
    gate = Gate()
    answers = Tally(await asyncio.gather(*(gate.knock() for _ in range(50))))
    assert answers["no"] == gate.worked == 6
    assert answers["wait 1"] == 44


async def test_her_own_success_between_the_guesses_of_another_changes_nothing_he_could_see() -> (
    None
):
    """If it did, it would tell him that there is an account."""
    alone, watched = Gate(), Gate()
    seen: list[list[str]] = [[], []]
    for number in range(60):
        for gate, answers in ((alone, seen[0]), (watched, seen[1])):
            answers.append(await gate.knock())
            gate.clock.advance(SECOND * 7)
        if number % 3 == 0:
            await watched.knock(right=True)
    assert seen[0] == seen[1]
    assert any("wait" in answer for answer in seen[0])


async def test_one_address_that_tries_many_accounts_has_to_wait_and_others_do_not() -> None:
    gate = Gate()
    for number in range(31):
        assert await gate.knock(email=f"m{number}@example.org", address="2001:db8::1") == "no"
    assert await gate.knock(email="new@example.org", address="2001:db8::2") == "wait 1"
    assert await gate.knock(email="new@example.org", address="192.0.2.1") == "no"
    assert await gate.knock(email="new@example.org") == "no"


async def test_an_address_is_not_blamed_for_an_account_that_has_to_wait() -> None:
    gate = Gate()
    for _ in range(6):
        await gate.knock()
    for _ in range(50):
        assert await gate.knock(address="192.0.2.1") == "wait 1"
    assert await gate.knock(email="bea@example.org", address="192.0.2.1") == "no"


async def test_what_fails_for_other_reasons_is_no_guess() -> None:
    gate = Gate()

    async def away() -> None:
        raise Unavailable("the store did not answer")

    for _ in range(20):
        with pytest.raises(Unavailable):
            await gate.throttle.attempt(gate.counters(), away)
    assert await gate.knock() == "no"


async def test_spellings_of_one_address_are_counted_together_and_nonsense_is_refused() -> None:
    gate = Gate()
    assert gate.counters("ADA@example.org") == gate.counters(" ada@example.org ")
    with pytest.raises(Invalid):
        gate.counters("ada")
    for key in gate.levels.all:
        assert b"ada" not in key
