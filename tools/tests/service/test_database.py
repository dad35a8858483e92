"""The local database keeps what it acknowledged when its process is killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kith_cli.local.database import LocalDatabase
from pymongo import MongoClient


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalDatabase]:
    started = LocalDatabase(tmp_path)
    try:
        started.start()
        yield started
    finally:
        started.kill()


def connect(uri: str) -> MongoClient[dict[str, Any]]:
    return MongoClient(uri)


def test_an_acknowledged_write_survives_kill_9(server: LocalDatabase) -> None:
    with connect(server.uri) as client:
        for number in range(100):
            client.a.things.insert_one({"_id": number})
    server.kill()
    server.start()
    with connect(server.uri) as client:
        assert client.a.things.count_documents({}) == 100
