"""Settings: everything that is wrong is said at once, and no secret is shown."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from common.config import ConfigError
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from identity.adapters.consent_receipts import DEVELOPMENT
from identity.adapters.texts import SHIPPED
from identity.config import OTHERS, Config, Hashing, RelyingParty

from libs.common.tests import service_keys
from libs.erasure.tests.keys import key_file, keys_file

PEM = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    key = tmp_path / "key.pem"
    key.write_bytes(Ed25519PrivateKey.generate().private_bytes(*PEM))
    return {
        "KITH_KAFKA": "127.0.0.1:9092", "KITH_MONGODB_URI": "mongodb://127.0.0.1",
        "KITH_GRPC_LISTEN": "127.0.0.1:0", "KITH_HTTP_LISTEN": "127.0.0.1:0",
        "KITH_IDENTITY": "127.0.0.1:8090", "KITH_SIGNING_KEY_FILE": str(key),
        **service_keys.settings("identity"),
        "KITH_ERASURE_KEY_FILE": key_file(), "KITH_ERASURE_KEYS_FILE": keys_file(),
        "KITH_OPERATOR_PASSWORD": "operator password", "KITH_IDENTITY_KEY": "B" * 43 + "=",
        **dict.fromkeys((f"KITH_{name.upper()}" for name in OTHERS), "127.0.0.1:9"),
    }  # fmt: skip


def test_all_that_is_needed_is_enough(environment: dict[str, str]) -> None:
    config = Config.from_env(environment)
    assert config.hashing == Hashing()
    assert config.operator_password.reveal() == "operator password"
    assert "operator password" not in repr(config)
    assert "master_key=***" in repr(config)


def test_the_cost_of_a_password_is_a_setting(environment: dict[str, str]) -> None:
    environment |= {"KITH_PASSWORD_MEMORY_KIB": "65536", "KITH_PASSWORD_PASSES": "3"}
    assert Config.from_env(environment).hashing == Hashing(memory_kib=65_536, passes=3)


def test_everything_wrong_is_said_at_once(environment: dict[str, str], tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(generate_private_key(SECP256R1()).private_bytes(*PEM))
    environment |= {
        "KITH_OPERATOR_PASSWORD": "short", "KITH_PASSWORD_LANES": "0",
        "KITH_SIGNING_KEY_FILE": str(other), "KITH_IDENTITY_KEY": "c2hvcnQ=",
    }  # fmt: skip
    del environment["KITH_KAFKA"]
    with pytest.raises(ConfigError) as refused:
        Config.from_env(environment)
    for name in ("KITH_KAFKA", "KITH_OPERATOR_PASSWORD", "KITH_PASSWORD_LANES"):
        assert name in str(refused.value)
    assert "KITH_SIGNING_KEY_FILE must hold an Ed25519 key" in str(refused.value)
    assert "KITH_IDENTITY_KEY must be 32 random bytes in base64" in str(refused.value)
    assert "short" not in str(refused.value).replace("too short", "")


@pytest.mark.parametrize("content", [None, b"", b"no key"])
def test_a_key_file_that_cannot_be_read_is_named(
    environment: dict[str, str], tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "broken.pem"
    if content is not None:
        path.write_bytes(content)
    environment["KITH_SIGNING_KEY_FILE"] = str(path)
    with pytest.raises(ConfigError, match="KITH_SIGNING_KEY_FILE cannot be read"):
        Config.from_env(environment)


def test_a_folder_of_keys_takes_the_place_of_the_single_one_or_stands_beside_it(
    environment: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    environment["KITH_SIGNING_KEYS"] = str(folder)
    with pytest.raises(ConfigError, match="KITH_SIGNING_KEYS holds no key"):
        Config.from_env(environment)
    single = Path(environment["KITH_SIGNING_KEY_FILE"])
    (folder / "20260131T093000Z.pem").write_bytes(single.read_bytes())
    both = Config.from_env(environment)
    assert both.signing_keys == folder
    assert both.signing_key is not None
    del environment["KITH_SIGNING_KEY_FILE"]
    assert Config.from_env(environment).signing_key is None
    del environment["KITH_SIGNING_KEYS"]
    with pytest.raises(ConfigError, match="KITH_SIGNING_KEY_FILE is not set"):
        Config.from_env(environment)


def test_texts_and_who_answers_for_the_data_may_be_an_operators_own(
    environment: dict[str, str], tmp_path: Path
) -> None:
    usual = Config.from_env(environment)
    assert usual.controller == DEVELOPMENT
    folder, controller = tmp_path / "texts", tmp_path / "controller.json"
    folder.mkdir()
    controller.write_text('{"name": "Clinic"}')
    environment |= {"KITH_CONSENT_TEXTS": str(folder), "KITH_CONTROLLER_FILE": str(controller)}
    with pytest.raises(ConfigError) as refused:
        Config.from_env(environment)
    assert "KITH_CONSENT_TEXTS service: versions must be 1, 2, 3" in str(refused.value)
    assert "KITH_CONTROLLER_FILE must be a JSON file with the texts address" in str(refused.value)
    for file in Path(str(SHIPPED)).glob("*.json"):
        (folder / file.name).write_bytes(file.read_bytes())
    controller.write_text(json.dumps(dict.fromkeys(asdict(DEVELOPMENT), "x")))
    own = Config.from_env(environment)
    assert list(own.texts.all()) == list(usual.texts.all())
    assert own.controller.name == "x"
    environment["KITH_CONSENT_TEXTS"] = str(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="KITH_CONSENT_TEXTS is no folder"):
        Config.from_env(environment)


def test_passkeys_belong_to_a_domain_and_its_pages(environment: dict[str, str]) -> None:
    assert Config.from_env(environment).relying_party == RelyingParty()
    environment |= {
        "KITH_PASSKEY_RP_ID": "kith.example",
        "KITH_PASSKEY_ORIGINS": "https://kith.example, https://app.kith.example:8443",
    }
    assert Config.from_env(environment).relying_party.origins == (
        "https://kith.example", "https://app.kith.example:8443",
    )  # fmt: skip


@pytest.mark.parametrize(
    "origins", ["https://evil.example", "http://kith.example", "https://notkith.example", "",
                "https://kith.example/login", "https://kith.example,https://evil.example"],
)  # fmt: skip
def test_a_page_of_another_domain_is_refused(environment: dict[str, str], origins: str) -> None:
    environment |= {"KITH_PASSKEY_RP_ID": "kith.example", "KITH_PASSKEY_ORIGINS": origins}
    with pytest.raises(ConfigError, match="KITH_PASSKEY_ORIGINS"):
        Config.from_env(environment)


def test_a_domain_needs_its_pages(environment: dict[str, str]) -> None:
    environment["KITH_PASSKEY_RP_ID"] = "kith.example"
    with pytest.raises(ConfigError, match="KITH_PASSKEY_ORIGINS"):
        Config.from_env(environment)
