"""Master keys of messages: which are needed, what is still to be done, and what may be removed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kith_cli.errors import Stop
from kith_cli.local.keys import KEPT, LEAD
from kith_cli.local.message_keys import Status, Used, add, id_of, retire
from kith_cli.local.secrets import FIRST_MESSAGE_KEY, ensure_secrets
from messaging.adapters.master_keys import read_folder

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NEXT = "20260301T120500Z.key"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with its first key and the one after."""
    folder = ensure_secrets(tmp_path).message_keys
    assert add(folder, NOW).name == NEXT
    return folder


@pytest.fixture
def first_id(folder: Path) -> str:
    """What messaging calls the first key."""
    return id_of(folder / FIRST_MESSAGE_KEY)


@pytest.fixture
def next_id(folder: Path) -> str:
    """What messaging calls the one after."""
    return id_of(folder / NEXT)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_key_is_private_and_added_once(folder: Path) -> None:
    added = folder / NEXT
    content = added.read_bytes()
    assert add(folder, NOW).read_bytes() == content
    assert content != (folder / FIRST_MESSAGE_KEY).read_bytes()
    assert added.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert names(folder) == [FIRST_MESSAGE_KEY, added.name]


def test_until_its_time_the_first_key_is_the_current_one(folder: Path, first_id: str) -> None:
    status = Status.of(folder, Used({first_id: 3}), NOW)
    assert status.current.name == FIRST_MESSAGE_KEY
    assert status.is_done
    assert not Status.of(folder, Used({first_id: 3}), NOW + LEAD).is_done


def test_an_old_key_goes_when_nothing_needs_it_and_everybody_knows_the_next(
    folder: Path, first_id: str, next_id: str
) -> None:
    late = NOW + LEAD + KEPT
    for used, now in (({first_id: 1, next_id: 2}, late), ({next_id: 3}, late - SECOND)):
        status = Status.of(folder, Used(used), now)
        retire(status)
        assert not status.retired
    assert FIRST_MESSAGE_KEY in names(folder)
    status = Status.of(folder, Used({next_id: 3}, destroyed=2), late)
    assert status.is_done
    retire(status)
    assert names(folder) == [NEXT]


@pytest.mark.parametrize("used", [Used(keyless=1), Used(in_clear=1)], ids=["keyless", "in clear"])
def test_what_is_in_clear_is_not_done(folder: Path, used: Used) -> None:
    assert not Status.of(folder, used, NOW).is_done


def test_while_a_key_is_missing_none_is_removed(folder: Path, next_id: str) -> None:
    used = Used({"20250101T000000Z-0123456789ab": 1, next_id: 1})
    status = Status.of(folder, used, NOW + LEAD + KEPT)
    assert not status.is_done
    with pytest.raises(Stop, match="A master key is missing"):
        retire(status)
    assert FIRST_MESSAGE_KEY in names(folder)


def test_another_key_under_the_same_name_is_not_taken_for_it(folder: Path, first_id: str) -> None:
    used = Used({first_id: 1})
    (folder / FIRST_MESSAGE_KEY).write_bytes((folder / NEXT).read_bytes())
    status = Status.of(folder, used, NOW)
    assert (status.missing, status.is_done) == ({first_id: 1}, False)


def test_keys_are_named_as_messaging_names_them(folder: Path) -> None:
    ids = [id_of(path) for path in sorted(folder.iterdir())]
    assert ids == [key.id for key in read_folder(folder)]


def test_a_file_that_holds_no_key_is_named(folder: Path) -> None:
    (folder / NEXT).write_text("no key")
    with pytest.raises(Stop, match=NEXT):
        Status.of(folder, Used(), NOW)
