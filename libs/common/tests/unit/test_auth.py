"""Tokens: only what the issuer signed, for us, now; keys are fetched once and when they rotate."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
from common import auth
from common.auth import Verifier
from common.errors import Unauthenticated, Unavailable
from common.testing.clock import FakeClock
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import HMACAlgorithm, RSAAlgorithm

from libs.common.tests.keys import NETWORK, SUBJECT, Issuer


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def issuer(clock: FakeClock) -> Issuer:
    return Issuer(clock)


@pytest.fixture
def verifier(issuer: Issuer, clock: FakeClock) -> Verifier:
    return Verifier(issuer.jwks, clock)


def _forged(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


async def test_a_valid_token_tells_who_is_calling(verifier: Verifier, issuer: Issuer) -> None:
    token = issuer.token(roles=["member", "moderator"])
    caller = await verifier.verify(token)
    assert (caller.subject, caller.network_id) == (SUBJECT, NETWORK)
    assert (caller.roles, caller.token) == (frozenset({"member", "moderator"}), token)


async def test_a_token_may_say_which_sign_in_it_goes_back_to(
    verifier: Verifier, issuer: Issuer
) -> None:
    session = UUID("01900000-0000-7000-8000-00000000005d")
    assert (await verifier.verify(issuer.token())).session_id is None
    assert (await verifier.verify(issuer.token(sid=str(session)))).session_id == session
    with pytest.raises(Unauthenticated):
        await verifier.verify(issuer.token(sid="nonsense"))


async def test_a_token_expires_after_the_leeway(
    verifier: Verifier, issuer: Issuer, clock: FakeClock
) -> None:
    token = issuer.token()
    clock.advance(timedelta(minutes=15, seconds=4))
    await verifier.verify(token)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(Unauthenticated) as caught:
        await verifier.verify(token)
    assert caught.value.metadata == {"cause": "expired"}


async def test_a_token_that_was_never_seen_before_it_expired_is_refused_too(
    verifier: Verifier, issuer: Issuer, clock: FakeClock
) -> None:
    token = issuer.token()
    clock.advance(timedelta(hours=1))
    with pytest.raises(Unauthenticated, match="expired"):
        await verifier.verify(token)


async def test_a_remembered_token_costs_no_second_look_at_its_signature(
    verifier: Verifier, issuer: Issuer
) -> None:
    token = issuer.token()
    assert await verifier.verify(token) is await verifier.verify(token)


async def test_the_memory_of_tokens_is_bounded(issuer: Issuer, clock: FakeClock) -> None:
    verifier = Verifier(issuer.jwks, clock, remember=2)
    tokens = [issuer.token(roles=[str(number)]) for number in range(4)]
    callers = [await verifier.verify(token) for token in tokens]
    assert await verifier.verify(tokens[3]) is callers[3]
    assert await verifier.verify(tokens[0]) is not callers[0]


async def test_a_token_without_a_signature_is_refused(verifier: Verifier, issuer: Issuer) -> None:
    for header in ({"alg": "none", "kid": "k1"}, {"alg": "None", "kid": "k1", "typ": "JWT"}):
        with pytest.raises(Unauthenticated):
            await verifier.verify(_forged(header, issuer.claims()))


async def test_the_public_key_is_no_secret_to_sign_with(verifier: Verifier, issuer: Issuer) -> None:
    public = issuer.keys["k1"].public_key()
    secrets = [
        public.public_bytes(Encoding.Raw, PublicFormat.Raw),
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        json.loads(issuer.published())["keys"][0]["x"].encode(),
    ]
    for secret in secrets:
        for algorithm in ("HS256", "HS512", "EdDSA"):
            header = {"alg": algorithm, "kid": "k1"}
            signed = _forged(header, issuer.claims()).rpartition(".")[0]
            signature = HMACAlgorithm(HMACAlgorithm.SHA256).sign(signed.encode(), secret)
            with pytest.raises(Unauthenticated):
                await verifier.verify(_forged(header, issuer.claims(), signature))


async def test_a_token_signed_by_somebody_else_under_a_known_name_is_refused(
    verifier: Verifier, issuer: Issuer
) -> None:
    other = Ed25519PrivateKey.generate()
    token = jwt.encode(issuer.claims(), other, "EdDSA", headers={"kid": "k1"})
    with pytest.raises(Unauthenticated) as caught:
        await verifier.verify(token)
    assert caught.value.metadata == {"cause": "InvalidSignatureError"}


async def test_a_key_of_another_kind_in_the_key_set_verifies_nothing(
    verifier: Verifier, issuer: Issuer
) -> None:
    private = rsa.generate_private_key(65537, 2048)
    public = {**RSAAlgorithm.to_jwk(private.public_key(), as_dict=True), "kid": "rsa"}
    issuer.answer = json.dumps({"keys": [public]})
    rs256 = jwt.encode(issuer.claims(), private, "RS256", headers={"kid": "rsa"})
    with pytest.raises(Unauthenticated):
        await verifier.verify(rs256)
    with pytest.raises(Unauthenticated):
        await verifier.verify(_forged({"alg": "EdDSA", "kid": "rsa"}, issuer.claims(), b"x" * 64))


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "elsewhere"}, {"iss": None}, {"aud": "elsewhere"}, {"aud": None},
        {"sub": None}, {"sub": "me"}, {"sub": 7}, {"net": None}, {"net": "ours"}, {"net": 7},
        {"exp": None}, {"exp": "soon"}, {"exp": [1]}, {"roles": None}, {"roles": "moderator"},
        {"roles": {"moderator": 1}}, {"roles": 5},
    ],
    ids=str,
)  # fmt: skip
async def test_a_token_with_wrong_claims_is_refused(
    verifier: Verifier, issuer: Issuer, changed: dict[str, Any]
) -> None:
    with pytest.raises(Unauthenticated, match="not valid"):
        await verifier.verify(issuer.token(**changed))


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b.c", "x" * 10_000, "🙂", "\ud800", "e30.e30.", "W10.W10.", "bnVsbA.e30.e30",
     base64.urlsafe_b64encode(b'{"alg":"EdDSA","kid":' + b"[" * 5_000).decode() + ".e30.e30",
     _forged({"alg": "EdDSA", "kid": ["k1"]}, {}), _forged({"alg": "EdDSA", "kid": {}}, {})],
    ids=range(13),
)  # fmt: skip
async def test_garbage_is_refused(verifier: Verifier, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.verify(token)


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")), st.integers(0, 2))
def test_whatever_is_garbled_is_refused_and_raises_nothing_else(garbage: str, place: int) -> None:
    async def check() -> None:
        issuer = Issuer(FakeClock())
        verifier = Verifier(issuer.jwks, issuer.clock)
        parts = issuer.token().split(".")
        parts[place] = garbage
        with pytest.raises(Unauthenticated):
            await verifier.verify(".".join(parts))

    asyncio.run(check())


async def test_an_unknown_key_makes_the_set_be_fetched_once_and_not_more(
    verifier: Verifier, issuer: Issuer, clock: FakeClock
) -> None:
    await verifier.verify(issuer.token())
    assert issuer.asked == 1
    clock.advance(timedelta(seconds=6))
    stranger = Issuer(clock)
    stranger.add_key("other")
    for _ in range(20):
        with pytest.raises(Unauthenticated, match="not known"):
            await verifier.verify(stranger.token("other"))
    assert issuer.asked == 2
    clock.advance(timedelta(seconds=5))
    with pytest.raises(Unauthenticated):
        await verifier.verify(stranger.token("other"))
    assert issuer.asked == 3


async def test_a_rotated_key_is_taken_up_and_the_old_one_dropped(
    verifier: Verifier, issuer: Issuer, clock: FakeClock
) -> None:
    before = issuer.token("k1")
    await verifier.verify(before)
    del issuer.keys["k1"]
    issuer.add_key("k2")
    clock.advance(timedelta(seconds=5))
    assert (await verifier.verify(issuer.token("k2"))).subject == SUBJECT
    # A token verified before lives on until it expires; an unseen one of the old key does not.
    assert (await verifier.verify(before)).subject == SUBJECT
    issuer.add_key("k1")
    with pytest.raises(Unauthenticated, match="not known"):
        await verifier.verify(issuer.token("k1", roles=["unseen"]))


async def test_many_calls_at_once_ask_for_the_keys_once(verifier: Verifier, issuer: Issuer) -> None:
    issuer.gate = asyncio.Event()
    calls = [asyncio.create_task(verifier.verify(issuer.token(roles=[str(n)]))) for n in range(50)]
    for _ in calls:
        await asyncio.sleep(0)  # they all get to where they wait
    calls[0].cancel()  # who asked first may give up without the others losing the answer
    issuer.gate.set()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert issuer.asked == 1
    assert sum(isinstance(result, auth.Caller) for result in results) == 49


async def test_keys_that_cannot_be_fetched_are_asked_for_again_and_the_reason_is_told(
    verifier: Verifier, issuer: Issuer
) -> None:
    issuer.failure = Unavailable("identity is away")
    for _ in range(2):
        with pytest.raises(Unavailable, match="identity is away"):
            await verifier.verify(issuer.token())
    issuer.failure = None
    assert (await verifier.verify(issuer.token())).subject == SUBJECT


@pytest.mark.parametrize("answer", ["", "no json", "[]", "{}", '{"keys": []}', '{"keys": [5]}'])
async def test_a_key_set_that_cannot_be_read_is_not_the_callers_fault(
    verifier: Verifier, issuer: Issuer, answer: str
) -> None:
    issuer.answer = answer or " "
    with pytest.raises(Unavailable):
        await verifier.verify(issuer.token())


async def test_a_bug_in_fetching_is_not_called_a_bad_token(
    verifier: Verifier, issuer: Issuer
) -> None:
    issuer.failure = ValueError("bug")
    with pytest.raises(ValueError, match="bug"):
        await verifier.verify(issuer.token())


async def test_a_clock_that_was_set_back_does_not_keep_new_keys_away(
    verifier: Verifier, issuer: Issuer, clock: FakeClock
) -> None:
    await verifier.verify(issuer.token())
    clock.advance(timedelta(hours=-2))
    issuer.add_key("k2")
    assert (await verifier.verify(issuer.token("k2"))).subject == SUBJECT


async def test_the_caller_of_a_task_is_known_in_it_and_not_elsewhere(
    verifier: Verifier, issuer: Issuer
) -> None:
    caller = await verifier.verify(issuer.token())

    async def serve() -> auth.Caller:
        auth.admit(lambda *_: True, caller, "/method")
        return auth.current()

    assert await asyncio.create_task(serve()) is caller
    with pytest.raises(Unauthenticated):
        auth.current()
