"""Settings: everything that is wrong is said at once."""

from __future__ import annotations

import pytest
from common.config import ConfigError
from community.config import Config

from libs.common.tests import service_keys
from libs.erasure.tests.keys import key_file

ENVIRONMENT = {
    "KITH_KAFKA": "127.0.0.1:9092", "KITH_MONGODB_URI": "mongodb://127.0.0.1",
    "KITH_GRPC_LISTEN": "127.0.0.1:0", "KITH_HTTP_LISTEN": "127.0.0.1:0",
    **service_keys.settings("community"),
    "KITH_IDENTITY": "127.0.0.1:8090", "KITH_ERASURE_KEY_FILE": key_file(),
}  # fmt: skip


def test_all_that_is_needed_is_enough() -> None:
    assert Config.from_env(ENVIRONMENT).service.database_prefix == "kith"


def test_everything_wrong_is_said_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        Config.from_env({**ENVIRONMENT, "KITH_KAFKA": "", "KITH_IDENTITY": "nowhere"})
    assert str(refused.value) == (
        "settings: KITH_KAFKA is not set; KITH_IDENTITY must be host:port"
    )
