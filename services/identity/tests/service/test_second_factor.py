"""A second factor over a real channel: from beginning to end, and every reason to refuse."""

from __future__ import annotations

import asyncio
import base64
from collections import Counter

import pytest
from common.errors import Kind, RemoteError
from common.mongo import Database
from identity.domain.second_factor import RECOVERY_CODES
from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import totp_service_pb2 as totp

from services.identity.tests.builders import PASSWORD
from services.identity.tests.doors import Client, Door
from services.identity.tests.second_factor import HALF_A_MINUTE, Ada


@pytest.fixture
async def ada(door: Door) -> Ada:
    """Without a second factor yet."""
    return Ada(door, await door.client.member(await door.client.admin()))


@pytest.fixture
async def careful(ada: Ada) -> Ada:
    """With one, a minute later."""
    await ada.begin()
    await ada.confirm()
    ada.clock.advance(2 * HALF_A_MINUTE)
    return ada


async def refused(attempt: object) -> RemoteError:
    with pytest.raises(RemoteError) as error:
        await attempt  # type: ignore[misc]  # any of the coroutines above
    return error.value


async def test_only_what_is_confirmed_is_needed(ada: Ada) -> None:
    assert await ada.state() == totp.GetTotpResponse()
    await ada.begin()
    assert not (await ada.state()).active
    assert await ada.sign_in() == ""
    await ada.confirm()
    state = await ada.state()
    assert (state.active, state.recovery_code_count) == (True, RECOVERY_CODES)
    assert state.confirm_time.seconds == int(ada.clock.now().timestamp())
    assert await ada.sign_in() == "SECOND_FACTOR_NEEDED"


async def test_a_code_lets_her_in_once(careful: Ada) -> None:
    code = careful.code()
    assert await careful.sign_in(code) == ""
    assert await careful.sign_in(code) == "SECOND_FACTOR_INVALID"
    assert await careful.sign_in(careful.code(-1)) == "SECOND_FACTOR_INVALID"
    careful.clock.advance(HALF_A_MINUTE)
    assert await careful.sign_in(f" {careful.code()[:3]} {careful.code()[3:]}") == ""


async def test_the_code_that_confirmed_is_used_up(ada: Ada) -> None:
    await ada.begin()
    await ada.confirm()
    assert await ada.sign_in(ada.code()) == "SECOND_FACTOR_INVALID"


async def test_of_many_who_use_one_code_at_once_one_gets_in(careful: Ada) -> None:
    code = careful.code()
    outcomes = Counter(await asyncio.gather(*(careful.sign_in(code) for _ in range(6))))
    assert outcomes == {"": 1, "SECOND_FACTOR_INVALID": 5}


async def test_a_recovery_code_lets_her_in_once(careful: Ada) -> None:
    assert len(set(careful.recovery)) == RECOVERY_CODES
    first, second, *_ = careful.recovery
    assert await careful.sign_in(first.upper().replace("-", " ")) == ""
    assert await careful.sign_in(first) == "SECOND_FACTOR_INVALID"
    assert (await careful.state()).recovery_code_count == RECOVERY_CODES - 1
    assert await careful.sign_in(second) == ""


async def test_who_does_not_know_the_password_does_not_learn_of_the_code(careful: Ada) -> None:
    for code in ("", careful.code(), careful.recovery[0]):
        assert await careful.sign_in(code, "not the password") == "CREDENTIALS_INVALID"
    assert await careful.sign_in(careful.code()) == ""


async def test_guessing_codes_is_slowed_down_also_between_right_passwords(careful: Ada) -> None:
    reasons = []
    for number in range(12):
        reasons.append(await careful.sign_in(f"{number:06}"))
        reasons.append(await careful.sign_in())
    wrong = reasons.count("SECOND_FACTOR_INVALID")
    assert 5 <= wrong <= 6
    assert "LIMITED" in reasons
    assert reasons[-1] == "LIMITED"


async def test_each_step_needs_the_password_or_a_code(ada: Ada) -> None:
    error = await refused(ada.begin("not the password"))
    assert (error.kind, error.reason) == (Kind.PRECONDITION, "PROOF_INVALID")
    assert (await refused(ada.begin(""))).reason == "INVALID_ARGUMENT"
    assert (await refused(ada.confirm("123456"))).reason == "TOTP_NOT_BEGUN"
    await ada.begin()
    assert (await refused(ada.confirm("nonsense"))).reason == "PROOF_INVALID"
    await ada.confirm()
    assert (await refused(ada.begin())).reason == "TOTP_ACTIVE"
    assert (await refused(ada.confirm())).reason == "TOTP_ACTIVE"


async def test_a_secret_begun_anew_takes_the_place_of_the_one_before(ada: Ada) -> None:
    await ada.begin()
    old = ada.code()
    await ada.begin()
    assert (await refused(ada.confirm(old))).reason == "PROOF_INVALID"
    await ada.confirm()


async def test_it_ends_with_password_and_code(careful: Ada) -> None:
    for password, code in ((PASSWORD, ""), (PASSWORD, "nonsense"), ("not it", careful.code())):
        assert (await refused(careful.end(password, code))).reason == "PROOF_INVALID"
    assert await careful.sign_in() == "SECOND_FACTOR_NEEDED"
    await careful.end(code=careful.code())
    assert await careful.sign_in() == ""
    await careful.end()  # nothing there, nothing happens


async def test_it_ends_with_a_recovery_code_and_before_it_is_confirmed_without_one(
    ada: Ada,
) -> None:
    await ada.begin()
    await ada.end()
    assert (await refused(ada.confirm("123456"))).reason == "TOTP_NOT_BEGUN"
    await ada.begin()
    await ada.confirm()
    await ada.end(code=ada.recovery[3])
    assert not (await ada.state()).active


async def test_guessing_the_password_with_a_stolen_token_is_slowed_down(ada: Ada) -> None:
    reasons = [(await refused(ada.begin("not the password"))).reason for _ in range(8)]
    assert reasons == ["PROOF_INVALID"] * 6 + ["LIMITED"] * 2
    assert (await refused(ada.end())).reason == "LIMITED"


async def test_nothing_in_the_database_lets_anybody_in(
    careful: Ada, client: Client, database: Database
) -> None:
    account = await database.unscoped("accounts").find_one({"handle": "ada"})
    assert account
    factor = account["second_factor"]
    secret = base64.b32decode(careful.secret)
    assert secret not in factor["sealed_secret"]
    codes = [code.replace("-", "").upper().encode() for code in careful.recovery]
    assert len(factor["recovery"]) == RECOVERY_CODES
    assert not any(code in kept for code in codes for kept in factor["recovery"])


@pytest.fixture
def client(door: Door) -> Client:
    return door.client


async def test_it_is_nobody_elses(careful: Ada, door: Door, client: Client) -> None:
    elsewhere = await client.admin("elsewhere")
    other = Ada(door, elsewhere)
    assert not (await other.state()).active
    session: pb.Session = await client.sign_in("admin@example.org", network="elsewhere")
    assert session.access_token
