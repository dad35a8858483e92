"""Passkeys over a real channel, with a device in software: ways in, and ways that are none."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from common.errors import RemoteError
from common.grpc_client import call
from common.ids import new_id
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from identity.domain.challenge import LIFE
from kith.identity.v1 import device_service_pb2 as devices
from kith.identity.v1 import identity_pb2 as pb
from kith.identity.v1 import identity_service_pb2 as identity_api
from kith.identity.v1 import passkey_service_pb2 as api
from kith.identity.v1 import totp_service_pb2 as totp

from services.identity.tests.authenticator import UP, Device, b64, unb64
from services.identity.tests.builders import NOW, PASSWORD
from services.identity.tests.doors import Door
from services.identity.tests.passkeys import Member, ask, enter, reason


@pytest.fixture
async def ada(door: Door) -> Member:
    return Member(door.client, await door.client.member(await door.client.admin()))


@pytest.fixture
async def phone(ada: Member) -> Device:
    """Ada's, with a passkey of hers on it."""
    device = Device()
    await ada.keep(device.create(await ada.begin()))
    return device


async def test_a_passkey_opens_what_the_password_opens(
    door: Door, ada: Member, phone: Device
) -> None:
    session = await enter(door.client, phone.sign_in(await ask(door.client)), "Ada's phone")
    request = identity_api.GetAccountRequest()
    reply = await call(door.client.accounts.GetAccount, request, token=session.access_token)
    assert reply.account.handle == "ada"
    assert "Ada's phone" in [one.label for one in await door.client.devices_of(session)]
    assert (await door.client.refresh(session)).refresh_token
    (kept,) = await ada.all()
    assert (kept.label, kept.HasField("use_time")) == ("Phone", True)


async def test_options_ask_for_a_discoverable_key_and_for_who_holds_it(
    ada: Member, phone: Device
) -> None:
    asked = json.loads(await ada.begin())
    assert asked["rp"] == {"name": "Kith", "id": "localhost"}
    assert asked["user"]["name"] == "ada"
    assert asked["attestation"] == "none"
    selection = asked["authenticatorSelection"]
    assert (selection["residentKey"], selection["userVerification"]) == ("required", "required")
    assert [one["id"] for one in asked["excludeCredentials"]] == [b64(phone.credential_id)]
    asked = json.loads(await ask(ada.client))
    assert (asked["rpId"], asked["userVerification"]) == ("localhost", "required")
    assert not asked.get("allowCredentials"), "that would tell who has an account"


async def test_a_second_factor_is_not_asked_for(door: Door, ada: Member, phone: Device) -> None:
    begin = totp.CreateTotpRequest(password=PASSWORD)
    secret = (await call(door.client.totp.CreateTotp, begin, token=ada.token)).secret
    app = TOTP(base64.b32decode(secret), 6, SHA1(), 30)  # noqa: S303  # what apps know
    code = app.generate(int(NOW.timestamp())).decode()
    await call(door.client.totp.ConfirmTotp, totp.ConfirmTotpRequest(code=code), token=ada.token)
    assert await reason(door.client.sign_in("ada@example.org")) == "SECOND_FACTOR_NEEDED"
    await enter(door.client, phone.sign_in(await ask(door.client)))


Spoil = Callable[[Device], Device]
WRONG: dict[str, Spoil] = {
    "another page": lambda one: replace(one, origin="https://kith.example.evil"),
    "another domain": lambda one: replace(one, rp_id="evil.example"),
    "nobody there": lambda one: replace(one, flags=0),
    "not known who holds it": lambda one: replace(one, flags=UP),
    "another key": lambda one: replace(one, key=generate_private_key(SECP256R1())),
    "no such key of hers": lambda one: replace(one, credential_id=b"x" * 32),
    "nobody's account": lambda one: replace(one, owner=new_id().bytes + new_id().bytes),
    "no account": lambda one: replace(one, owner=b""),
    "an account in another network": lambda one: replace(
        one, owner=new_id().bytes + one.owner[16:]
    ),
    "a count that went back": lambda one: replace(one, count=0),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_whatever_is_wrong_is_answered_alike(door: Door, phone: Device, wrong: str) -> None:
    for _ in range(2):
        await enter(door.client, phone.sign_in(await ask(door.client)))
    spoiled = WRONG[wrong](phone)
    with pytest.raises(RemoteError) as refused:
        await enter(door.client, spoiled.sign_in(await ask(door.client)))
    assert (refused.value.reason, refused.value.message, refused.value.metadata) == (
        "CREDENTIALS_INVALID", "this passkey opens nothing here", {},
    )  # fmt: skip
    await enter(door.client, replace(phone, count=10).sign_in(await ask(door.client)))


@pytest.mark.parametrize("wrong", ["another page", "another domain", "nobody there",
                                   "not known who holds it"])  # fmt: skip
async def test_what_is_wrong_at_the_beginning_is_not_kept(ada: Member, wrong: str) -> None:
    device = WRONG[wrong](Device())
    assert await reason(ada.keep(device.create(await ada.begin()))) == "PASSKEY_INVALID"
    assert await ada.all() == []


async def test_a_challenge_is_answered_once_and_in_time(
    door: Door, ada: Member, phone: Device
) -> None:
    options = await ask(door.client)
    answer = phone.sign_in(options)
    await enter(door.client, answer)
    for again in (answer, phone.sign_in(options)):
        assert await reason(enter(door.client, again)) == "CREDENTIALS_INVALID"
    options = await ada.begin()
    await ada.keep(Device().create(options))
    assert await reason(ada.keep(Device().create(options))) == "PASSKEY_INVALID"
    late, new = await ask(door.client), await ada.begin()
    door.clock.advance(LIFE)
    assert await reason(enter(door.client, phone.sign_in(late))) == "CREDENTIALS_INVALID"
    assert await reason(ada.keep(Device().create(new))) == "PASSKEY_INVALID"


async def test_of_many_who_give_the_same_answer_one_gets_in(door: Door, phone: Device) -> None:
    answer = phone.sign_in(await ask(door.client))
    outcomes = await asyncio.gather(
        *(enter(door.client, answer) for _ in range(4)), return_exceptions=True
    )
    assert Counter(type(one) for one in outcomes) == {pb.Session: 1, RemoteError: 3}


async def test_a_challenge_is_for_one_thing_and_one_person(
    door: Door, ada: Member, phone: Device
) -> None:
    ben = Member(door.client, await door.client.member(await door.client.admin("other"),
                                                       "ben", "other"))  # fmt: skip
    assert await reason(ada.keep(Device().create(await ben.begin()))) == "PASSKEY_INVALID"
    asked = json.loads(await ada.begin())
    sign_in = json.loads(await ask(door.client))
    swapped = json.dumps({**sign_in, "challenge": asked["challenge"]})
    assert await reason(enter(door.client, phone.sign_in(swapped))) == "CREDENTIALS_INVALID"
    made_up = json.dumps({**sign_in, "challenge": b64(b"x" * 56)})
    assert await reason(enter(door.client, phone.sign_in(made_up))) == "CREDENTIALS_INVALID"
    twisted = bytearray(unb64(sign_in["challenge"]))
    twisted[20] ^= 1  # it would be good for longer
    longer = json.dumps({**sign_in, "challenge": b64(bytes(twisted))})
    assert await reason(enter(door.client, phone.sign_in(longer))) == "CREDENTIALS_INVALID"


async def test_a_foreign_passkey_does_not_open_her_account(
    door: Door, ada: Member, phone: Device
) -> None:
    ben = Member(door.client, await door.client.member(await door.client.admin("other"),
                                                       "ben", "other"))  # fmt: skip
    his = Device()
    await ben.keep(his.create(await ben.begin()))
    posing = replace(his, owner=phone.owner)
    for foreign in (posing, replace(posing, credential_id=phone.credential_id)):
        answer = foreign.sign_in(await ask(door.client))
        assert await reason(enter(door.client, answer)) == "CREDENTIALS_INVALID"


async def test_a_device_that_does_not_count_may(door: Door, ada: Member) -> None:
    synced = Device(counts=False)
    await ada.keep(synced.create(await ada.begin()))
    for _ in range(3):
        await enter(door.client, synced.sign_in(await ask(door.client)))


async def test_guessing_is_slowed_down(door: Door, phone: Device) -> None:
    spoiled = WRONG["another key"](phone)
    reasons = [
        await reason(enter(door.client, spoiled.sign_in(await ask(door.client)))) for _ in range(8)
    ]
    assert reasons == ["CREDENTIALS_INVALID"] * 6 + ["LIMITED"] * 2


@pytest.mark.parametrize(
    "credential", ["", "null", "[]", "{}", '{"response": 3}', '{"response": {"clientDataJSON": 3}}',
                   '{"rawId": "AA", "response": {"clientDataJSON": "e30"}}', "[" * 5_000,
                   '{"rawId": "AA", "response": {"clientDataJSON": "bnVsbA"}}'],
)  # fmt: skip
async def test_what_is_no_answer_of_a_browser_is_refused(
    door: Door, ada: Member, credential: str
) -> None:
    request = api.CreatePasskeySessionRequest(credential=credential)
    attempt = call(door.client.passkeys.CreatePasskeySession, request)
    assert await reason(attempt) == "INVALID_ARGUMENT"
    create = api.CreatePasskeyRequest(credential=credential)
    creating = call(door.client.passkeys.CreatePasskey, create, token=ada.token)
    assert await reason(creating) == "INVALID_ARGUMENT"


@pytest.mark.parametrize("field", ["clientDataJSON", "authenticatorData", "signature"])
async def test_what_is_cut_or_twisted_is_refused(door: Door, phone: Device, field: str) -> None:
    for cut in (lambda content: content[:-1] + bytes([content[-1] ^ 1]), lambda content: b""):
        answer = phone.sign_in(await ask(door.client))
        answer["response"][field] = b64(cut(unb64(answer["response"][field])))
        assert await reason(enter(door.client, answer)) in {
            "CREDENTIALS_INVALID", "INVALID_ARGUMENT",
        }  # fmt: skip


async def test_a_passkey_that_was_begun_ends_with_the_sessions(door: Door, ada: Member) -> None:
    """A thief's access token is good for some minutes after she is signed out everywhere."""
    options = await ada.begin()
    await call(door.client.devices.DeleteSessions, devices.DeleteSessionsRequest(), token=ada.token)
    assert await reason(ada.keep(Device().create(options))) == "PASSKEY_INVALID"
    assert await ada.all() == []
