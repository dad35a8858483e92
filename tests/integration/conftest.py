"""The systems the integration tests run against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from pymongo import MongoClient

from tests.integration.system import System

MakeSystem = Callable[[], System]
FOLDER = Path(__file__).parent
TOLD = {"gateway": {"KITH_TRUSTED_PROXIES": "127.0.0.1"}}
"""What services of the shared system are told: a proxy says where clients are."""


class Makers:
    """Makes systems, and leaves nothing of them."""

    def __init__(self, kafka: str, mongodb_uri: str, folders: pytest.TempPathFactory) -> None:
        self._kafka, self._mongodb_uri, self._folders = kafka, mongodb_uri, folders
        self._made: list[System] = []

    def make(self) -> System:
        """A system that is not started."""
        name = f"i{uuid4().hex[:10]}"
        home: Path = self._folders.mktemp(name)
        system = System(home, self._kafka, self._mongodb_uri, name)
        self._made.append(system)
        return system

    def clear(self) -> None:
        """Stop them, and drop their databases."""
        made, self._made = self._made, []
        for system in made:
            system.stop()
        with MongoClient[dict[str, object]](self._mongodb_uri) as client:
            for database in (name for system in made for name in system.databases):
                client.drop_database(database)


class Shared:
    """One running system for many files: starting one takes as long as many a file of tests.

    It is stopped when what follows are no tests of this folder, so that it is idle beside nobody.
    """

    def __init__(self, makers: Makers) -> None:
        self._makers = makers
        self._system: System | None = None

    def get(self) -> System:
        """The system, running."""
        if self._system is None:
            made = self._makers.make()
            made.told = TOLD
            made.start()
            self._system = made  # now that it runs: the next asks anew
        return self._system

    def stop(self) -> None:
        """Whoever asks again gets another."""
        self._system = None
        self._makers.clear()


SHARED = pytest.StashKey[Shared]()


@pytest.fixture(scope="module")
def make_system(
    kafka: str, mongodb_uri: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeSystem]:
    """Makes systems that are stopped, and their databases dropped, when the module is done."""
    makers = Makers(kafka, mongodb_uri, tmp_path_factory)
    yield makers.make
    makers.clear()


@pytest.fixture(scope="session")
def shared(
    kafka: str, mongodb_uri: str, tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> Iterator[Shared]:  # fmt: skip
    """What `system` comes from."""
    made = Shared(Makers(kafka, mongodb_uri, tmp_path_factory))
    pytestconfig.stash[SHARED] = made
    yield made
    made.stop()


@pytest.fixture(scope="module")
def system(shared: Shared) -> System:
    """A running system that other modules use too; each test uses a network of its own."""
    return shared.get()


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Asked after each test of this folder."""
    shared = item.config.stash.get(SHARED, None)
    if shared is not None and (nextitem is None or FOLDER not in nextitem.path.parents):
        shared.stop()


@pytest.fixture
def soak_seconds(request: pytest.FixtureRequest) -> float:
    """How long to go on breaking things; 0: once through."""
    return float(request.config.getoption("--soak"))


@pytest.fixture
def network() -> str:
    """The slug of a network no other test uses."""
    return f"net-{uuid4().hex[:10]}"
