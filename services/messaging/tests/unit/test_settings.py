"""Settings: everything that is missing is said at once."""

from __future__ import annotations

import pytest
from common.config import Address, ConfigError
from messaging.config import Config

from libs.common.tests import service_keys
from libs.erasure.tests.keys import key_file
from services.messaging.tests.keys import key_folder


def test_all_that_is_needed_is_enough() -> None:
    config = Config.from_env({
        "KITH_KAFKA": "127.0.0.1:9092", "KITH_MONGODB_URI": "mongodb://127.0.0.1",
        "KITH_GRPC_LISTEN": "127.0.0.1:0", "KITH_HTTP_LISTEN": "127.0.0.1:0",
        **service_keys.settings("messaging"),
        "KITH_IDENTITY": "127.0.0.1:8090", "KITH_ERASURE_KEY_FILE": key_file(),
        "KITH_MESSAGE_KEYS": str(key_folder()),
    })  # fmt: skip
    assert config.service.identity == Address("127.0.0.1", 8090)


def test_everything_missing_is_said_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        Config.from_env({})
    needed = ("KITH_KAFKA", "KITH_MONGODB_URI", "KITH_GRPC_LISTEN", "KITH_ERASURE_KEY_FILE")
    for name in (*needed, "KITH_MESSAGE_KEYS"):
        assert name in str(refused.value)
