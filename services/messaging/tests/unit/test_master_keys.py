"""One contract for what wraps data keys, held by fake and folder alike; and the folder's files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest
from common.testing.clock import FakeClock
from messaging.adapters.master_keys import NAME_FORMAT, FolderKeys
from messaging.application.key_ports import (
    KeyDamaged,
    KeyWrapper,
    MasterKeyMissing,
    WrappedKey,
)

from services.messaging.tests.keys import FakeKeys, write_key

AT = datetime(2026, 6, 1, tzinfo=UTC)
KEY, BOUND = bytes(range(32)), b"this conversation"


class Rotating(Protocol):
    """A wrapper whose master keys a test changes."""

    @property
    def wrapper(self) -> KeyWrapper:
        """It."""
        ...

    def add(self) -> None:
        """The next master key, which wraps from now on."""
        ...

    def remove_oldest(self) -> None:
        """As an operator does in the end."""
        ...


class WrapperContract:
    """What every implementation of KeyWrapper does."""

    @pytest.fixture
    def rotating(self, tmp_path: Path) -> Rotating:
        raise NotImplementedError

    async def test_a_key_comes_back_as_it_went_in(self, rotating: Rotating) -> None:
        wrapped = await rotating.wrapper.wrap(KEY, BOUND)
        assert wrapped.master_id == rotating.wrapper.current()
        assert wrapped.master_id in rotating.wrapper.known()
        assert KEY not in wrapped.content
        assert str(wrapped.content) not in repr(wrapped)
        assert await rotating.wrapper.unwrap(wrapped, BOUND) == KEY

    async def test_it_opens_for_nothing_else(self, rotating: Rotating) -> None:
        wrapped = await rotating.wrapper.wrap(KEY, BOUND)
        with pytest.raises(KeyDamaged):
            await rotating.wrapper.unwrap(wrapped, b"another conversation")

    @pytest.mark.parametrize("content", [b"", b"short", bytes(60)], ids=["none", "short", "zeros"])
    async def test_what_was_changed_does_not_open(self, rotating: Rotating, content: bytes) -> None:
        changed = WrappedKey(rotating.wrapper.current(), content)
        with pytest.raises(KeyDamaged):
            await rotating.wrapper.unwrap(changed, BOUND)

    async def test_a_new_master_key_wraps_and_the_old_one_still_opens(
        self, rotating: Rotating
    ) -> None:
        before = await rotating.wrapper.wrap(KEY, BOUND)
        rotating.add()
        await rotating.wrapper.refresh()
        after = await rotating.wrapper.wrap(KEY, BOUND)
        assert after.master_id == rotating.wrapper.current() != before.master_id
        for wrapped in (before, after):
            assert await rotating.wrapper.unwrap(wrapped, BOUND) == KEY
        with pytest.raises(KeyDamaged):
            await rotating.wrapper.unwrap(WrappedKey(after.master_id, before.content), BOUND)

    async def test_without_its_master_key_it_says_so(self, rotating: Rotating) -> None:
        before = await rotating.wrapper.wrap(KEY, BOUND)
        rotating.add()
        rotating.remove_oldest()
        await rotating.wrapper.refresh()
        assert before.master_id not in rotating.wrapper.known()
        with pytest.raises(MasterKeyMissing):
            await rotating.wrapper.unwrap(before, BOUND)


class Memory:
    """A fake that rotates."""

    def __init__(self) -> None:
        self.wrapper = FakeKeys()

    def add(self) -> None:
        self.wrapper.ids.append(f"m{len(self.wrapper.ids) + 1}")

    def remove_oldest(self) -> None:
        del self.wrapper.ids[0]


class Folder:
    """A folder that rotates."""

    def __init__(self, path: Path) -> None:
        self.path, self.clock, self._next = path, FakeClock(AT), AT
        self.write(AT, 1)
        self.wrapper = FolderKeys(path, self.clock)

    def write(self, since: datetime, seed: int) -> Path:
        return write_key(self.path, since.strftime(NAME_FORMAT), bytes([seed]) * 32)

    def add(self) -> None:
        self._next += timedelta(hours=1)
        self.write(self._next, self._next.hour + 1)
        self.clock.advance(timedelta(hours=1))

    def remove_oldest(self) -> None:
        min(self.path.glob("*.key")).unlink()


class TestFakeKeys(WrapperContract):
    @pytest.fixture
    def rotating(self, tmp_path: Path) -> Rotating:
        return Memory()


class TestFolderKeys(WrapperContract):
    @pytest.fixture
    def rotating(self, tmp_path: Path) -> Rotating:
        return Folder(tmp_path)


async def test_a_key_wraps_from_the_time_in_its_name_on(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write(AT + timedelta(minutes=5), 2)
    await folder.wrapper.refresh()
    first, second = sorted(folder.wrapper.known())
    assert folder.wrapper.current() == first  # so every process knows the second before it wraps
    folder.clock.advance(timedelta(minutes=5))
    assert folder.wrapper.current() == second


async def test_another_key_under_the_same_name_is_not_taken_for_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    wrapped = await folder.wrapper.wrap(KEY, BOUND)
    folder.write(AT, 9)
    await folder.wrapper.refresh()
    with pytest.raises(MasterKeyMissing):
        await folder.wrapper.unwrap(wrapped, BOUND)


async def test_a_folder_that_became_unreadable_changes_nothing(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    wrapped = await folder.wrapper.wrap(KEY, BOUND)
    (tmp_path / "20260701T000000Z.key").write_text("no key")
    await folder.wrapper.refresh()
    assert await folder.wrapper.unwrap(wrapped, BOUND) == KEY


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("20260101T000000Z.key", "c2hvcnQ=", "20260101T000000Z.key must hold 32 random bytes"),
        ("20260101T000000Z.key", "not base64!", "20260101T000000Z.key must hold 32 random bytes"),
        ("mine.key", "A" * 43 + "=", "mine.key must be named like"),
        ("20260101T000000Z.pem", "A" * 43 + "=", "holds no key named like"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, name: str, content: str, said: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=said):
        FolderKeys(tmp_path, FakeClock(AT))


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no folder"):
        FolderKeys(tmp_path / "none", FakeClock(AT))
