"""The systems the integration tests run against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from pymongo import MongoClient

from tests.integration.system import System

MakeSystem = Callable[[], System]


@pytest.fixture(scope="module")
def make_system(
    kafka: str, mongodb_uri: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeSystem]:
    """Makes systems that are stopped, and their databases dropped, when the module is done."""
    made: list[System] = []

    def make() -> System:
        name = f"i{uuid4().hex[:10]}"
        home: Path = tmp_path_factory.mktemp(name)
        system = System(home, kafka, mongodb_uri, name)
        made.append(system)
        return system

    yield make
    for system in made:
        system.stop()
    with MongoClient[dict[str, object]](mongodb_uri) as client:
        for system in made:
            for database in system.databases:
                client.drop_database(database)


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    """One running system for the tests of a module; each test uses a network of its own."""
    made = make_system()
    made.start()
    return made


@pytest.fixture
def soak_seconds(request: pytest.FixtureRequest) -> float:
    """How long to go on breaking things; 0: once through."""
    return float(request.config.getoption("--soak"))


@pytest.fixture
def network() -> str:
    """The slug of a network no other test uses."""
    return f"net-{uuid4().hex[:10]}"
