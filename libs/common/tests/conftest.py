"""A broker of a test's own, to be killed, frozen and started again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kith_cli.local.broker import LocalBroker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[LocalBroker]:
    """A running broker that nobody else uses."""
    own = LocalBroker(tmp_path / "kafka")
    own.start()
    yield own
    own.kill()
