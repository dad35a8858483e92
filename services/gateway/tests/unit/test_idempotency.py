"""Keys, seals, and what is decided about a request that may have been asked before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from common.testing.clock import FakeClock
from cryptography.exceptions import InvalidTag
from gateway.application.idempotency import (
    BUSY,
    KEPT,
    MOST_BYTES,
    Answer,
    Asked,
    KeyInvalid,
    KeyReused,
    Once,
    OutcomeUnknown,
    Record,
    Seal,
    StillRunning,
    parse_key,
)
from msgspec.structs import replace

from services.gateway.tests.fakes import FakeRecords
from services.gateway.tests.tokens import ADA, BEN, NETWORK

KEY = b"8e03978e-40d5-43dd-bc93-6894a57f9324"
BODY = b'{"text": "only between us"}'
ANSWER = Answer(201, b"application/json", b'{"id": "1", "text": "only between us"}')


def asked(body: bytes = BODY, target: bytes = b"/v1/a?", account: object = ADA) -> Asked:
    return Asked.of((NETWORK, ADA if account is ADA else BEN), target, body)


class Door:
    """What stands at the door, with a clock that can be set."""

    def __init__(self) -> None:
        self.clock = FakeClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.records = FakeRecords()
        self.once = Once(self.records, self.clock)

    async def ask(
        self, what: Asked | None = None, *, repeatable: bool = True, key: bytes = KEY
    ) -> tuple[Record | Answer, Seal]:
        what = what or asked()
        seal = Seal(key, what)
        return await self.once.begin(what, seal, repeatable=repeatable), seal

    async def done(self, answer: Answer, *, repeatable: bool = True) -> None:
        record, seal = await self.ask(repeatable=repeatable)
        assert isinstance(record, Record)
        await self.once.end(record, seal, answer, repeatable=repeatable)


@pytest.fixture
def door() -> Door:
    return Door()


async def test_what_was_done_is_answered_again(door: Door) -> None:
    await door.done(ANSWER)
    assert (await door.ask())[0] == ANSWER


async def test_the_same_key_for_something_else_is_refused(door: Door) -> None:
    await door.done(ANSWER)
    for other in (asked(b"{}"), asked(target=b"/v1/b?"), asked(target=b"/v1/a?x=1")):
        with pytest.raises(KeyReused):
            await door.ask(other)


async def test_the_same_key_of_another_account_is_another_key(door: Door) -> None:
    await door.done(ANSWER)
    assert isinstance((await door.ask(asked(account=BEN)))[0], Record)


async def test_without_an_account_the_body_says_whose_it_is(door: Door) -> None:
    first, second = (Asked.of(None, b"/v1/registrations?", body) for body in (b"{1}", b"{2}"))
    record, seal = await door.ask(first)
    assert isinstance(record, Record)
    await door.once.end(record, seal, ANSWER, repeatable=True)
    assert (await door.ask(first))[0] == ANSWER
    assert isinstance((await door.ask(second))[0], Record)


async def test_while_it_runs_the_second_is_told_to_wait(door: Door) -> None:
    await door.ask()
    with pytest.raises(StillRunning):
        await door.ask()


async def test_what_was_cut_off_is_done_again_under_the_same_request_id(door: Door) -> None:
    _, first = await door.ask()
    door.clock.advance(BUSY)
    record, second = await door.ask()
    assert isinstance(record, Record)
    assert second.request_id == first.request_id
    with pytest.raises(StillRunning):
        await door.ask()


async def test_what_was_cut_off_and_cannot_be_repeated_is_never_done_again(door: Door) -> None:
    await door.ask(repeatable=False)
    door.clock.advance(BUSY)
    with pytest.raises(OutcomeUnknown):
        await door.ask(repeatable=False)


async def test_who_was_overtaken_changes_nothing(door: Door) -> None:
    slow, seal = await door.ask()
    door.clock.advance(BUSY)
    fast, _ = await door.ask()
    assert isinstance(slow, Record)
    assert isinstance(fast, Record)
    await door.once.end(slow, seal, replace(ANSWER, status=500), repeatable=True)
    await door.once.end(fast, seal, ANSWER, repeatable=True)
    await door.once.end(slow, seal, replace(ANSWER, body=b"other"), repeatable=True)
    assert (await door.ask())[0] == ANSWER


@pytest.mark.parametrize("status", [400, 404, 409, 429])
@pytest.mark.parametrize("repeatable", [True, False])
async def test_a_refusal_frees_the_key(door: Door, status: int, repeatable: bool) -> None:
    await door.done(replace(ANSWER, status=status), repeatable=repeatable)
    assert isinstance((await door.ask(asked(b"put right")))[0], Record)


async def test_a_failure_frees_the_key_only_where_it_can_be_repeated(door: Door) -> None:
    await door.done(replace(ANSWER, status=503))
    await door.done(replace(ANSWER, status=503), repeatable=False)
    with pytest.raises(OutcomeUnknown):
        await door.ask(repeatable=False)


async def test_after_a_day_the_key_is_new(door: Door) -> None:
    await door.done(ANSWER)
    door.clock.advance(KEPT - timedelta(seconds=1))
    assert (await door.ask())[0] == ANSWER
    door.clock.advance(timedelta(seconds=1))
    assert isinstance((await door.ask(asked(b"{}")))[0], Record)


async def test_an_answer_too_large_to_keep_frees_the_key(door: Door) -> None:
    await door.done(replace(ANSWER, body=b"x" * (MOST_BYTES + 1)))
    assert door.records.kept == {}


async def test_nothing_that_is_kept_can_be_read_or_recognised_without_the_key(door: Door) -> None:
    await door.done(ANSWER)
    [record] = door.records.kept.values()
    kept = record.id + record.fingerprint + record.sealed
    for known in (KEY, b"between us", ADA.bytes, str(ADA).encode(), BODY):
        assert known not in kept
    other = Seal(KEY[:-1] + b"5", asked())
    with pytest.raises(InvalidTag):
        other.open(record.sealed)
    assert other.id != record.id
    assert other.fingerprint != record.fingerprint
    assert other.request_id != Seal(KEY, asked()).request_id


def test_two_seals_of_one_answer_differ() -> None:
    seal = Seal(KEY, asked())
    assert seal.close(ANSWER) != seal.close(ANSWER)


@pytest.mark.parametrize(
    "header, key",
    [
        (KEY, KEY), (b'"' + KEY + b'"', KEY), (b" " + KEY + b"\t", KEY), (b"a" * 16, b"a" * 16),
        (b"a" * 255, b"a" * 255),
    ],
)  # fmt: skip
def test_a_key_is_bare_or_quoted(header: bytes, key: bytes) -> None:
    assert parse_key(header) == key


@pytest.mark.parametrize(
    "header",
    [b"", b"a" * 15, b"a" * 256, b'"' + b"a" * 16, b"a b" * 8, b"\xc3\xa4" * 10, b'""', b"a,b" * 0],
)
def test_what_is_no_key_is_refused(header: bytes) -> None:
    with pytest.raises(KeyInvalid):
        parse_key(header)
