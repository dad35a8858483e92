"""Settings of signals."""

from __future__ import annotations

import pytest
from common.config import ConfigError
from signals.config import Config


def test_what_is_missing_is_told_at_once() -> None:
    with pytest.raises(ConfigError) as told:
        Config.from_env({"KITH_KAFKA": "127.0.0.1:9092", "KITH_IDENTITY": "nowhere"})
    for name in ("KITH_MONGODB_URI", "KITH_GRPC_LISTEN", "KITH_HTTP_LISTEN", "KITH_IDENTITY"):
        assert name in str(told.value)
    assert "KITH_KAFKA" not in str(told.value)
