"""What every test of the workspace can use: broker, database, and golden files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is; speed lives in `make bench`.
settings.register_profile("kith", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kith")

pytest_plugins = ["common.testing.pytest_plugin"]

SYSTEMS = Path(__file__).parent / "tests" / "integration"
Golden = Callable[[Path, bytes], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", action="store_true", help="write golden files anew")
    parser.addoption("--soak", type=float, default=0.0, help="seconds to go on breaking things")


@pytest.hookimpl(trylast=True)  # behind pytest-randomly
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with tests that may take long begin first: none then runs alone at the end.

    How long a test may take is its `timeout`; in other respects the order stays as it is. Those of
    whole systems come before all others, because they share one.
    """
    longest: defaultdict[Path, float] = defaultdict(float)
    for item in items:
        marker = item.get_closest_marker("timeout")
        if marker is not None:
            longest[item.path] = max(longest[item.path], float(marker.args[0]))
    items.sort(key=lambda item: (SYSTEMS not in item.path.parents, -longest[item.path]))


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """`golden(path, content)` holds that the file is what the code produces; see `make golden`."""
    rewrite = bool(request.config.getoption("--rewrite-golden"))

    def compare(path: Path, content: bytes) -> None:
        if rewrite:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        assert path.exists(), f"{path} is not there; `make golden` writes it"
        assert path.read_bytes() == content, f"{path} differs; `make golden` rewrites it"

    return compare
