"""What `kith keys messages` finds in a database, by the names messaging gives things."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from common.mongo import Document
from kith_cli.errors import Stop
from kith_cli.local import message_keys
from kith_cli.local.message_keys import Status, Used, look, show
from kith_cli.local.secrets import FIRST_MESSAGE_KEY, ensure_secrets
from messaging.adapters import conversation_keys
from pymongo import MongoClient

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ID = "20260101T000000Z-0123456789ab"


@pytest.fixture
def name(mongodb_uri: str, unique: str) -> Iterator[str]:
    """A database with conversations in each state there is."""
    conversations: list[Document] = [
        {"key_id": ID, "wrapped_key": b"1"}, {"key_id": ID, "wrapped_key": b"2"},
        {"key_id": ID, "wrapped_key": b"3", "unsealed": True}, {},
        {"key_id": conversation_keys.DESTROYED},
    ]  # fmt: skip
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        client[unique]["conversations"].insert_many(conversations)
        yield unique
        client.drop_database(unique)


def test_conversations_are_counted_by_what_they_need(mongodb_uri: str, name: str) -> None:
    assert look(mongodb_uri, name) == Used({ID: 3}, keyless=1, in_clear=1, destroyed=1)
    assert message_keys.DESTROYED == conversation_keys.DESTROYED


def test_an_empty_database_needs_nothing(mongodb_uri: str, unique: str) -> None:
    assert look(mongodb_uri, unique) == Used()


def test_a_database_that_does_not_answer_is_said() -> None:
    with pytest.raises(Stop, match="The database could not be asked"):
        look("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50", "none")


def test_it_is_shown(mongodb_uri: str, name: str, tmp_path: Path, capsys: Any) -> None:
    folder = ensure_secrets(tmp_path).message_keys
    show(Status.of(folder, look(mongodb_uri, name), NOW))
    told = capsys.readouterr().out
    for said in (FIRST_MESSAGE_KEY, "wraps", "2 conversations of before", "1 keys are destroyed"):
        assert said in told
