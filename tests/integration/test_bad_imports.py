"""A history that is cut off or damaged: the row is named, what is before it is kept, and the mended
file goes on from there."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from kith_cli.errors import Refused, Stop
from kith_cli.importing.command import import_messages
from kith_cli.importing.messages import Import, Report
from rich.console import Console
from rich.progress import Progress

from tests.integration.system import System

pytestmark = pytest.mark.timeout(360)
GOOD = [f"{1 + row % 3} {4 + row % 2} {1_082_040_961 + 60 * row}" for row in range(40)]


def _write(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(["src dst time", *lines]) + "\n")
    return path


def _run(system: System, network: str, path: Path) -> Report:
    with system.admin(network) as admin, Progress(console=Console(quiet=True)) as progress:
        return Import(admin, progress, "history", True).run(path)


def test_a_bad_row_is_named_and_the_mended_file_goes_on(
    system: System, network: str, tmp_path: Path
) -> None:
    damaged = _write(tmp_path / "h.txt", [*GOOD[:25], "7 eight 1082040961", *GOOD[26:]])
    first = _run(system, network, damaged)
    assert (first.created, first.existing) == (25, 0)
    assert str(first.problem).startswith("row 26: ")

    mended = _run(system, network, _write(tmp_path / "h.txt", GOOD))
    assert (mended.created, mended.existing, mended.problem) == (15, 25, None)


def test_a_truncated_archive_is_told_with_its_row(
    system: System, network: str, tmp_path: Path
) -> None:
    whole = gzip.compress(_write(tmp_path / "whole.txt", GOOD * 50).read_bytes())
    cut = tmp_path / "cut.txt.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Stop, match=r"^row \d+: the file is cut off or damaged") as stop:
        import_messages(system.settings, cut, network, None, consent=True)
    assert "rows before it are imported" in str(stop.value)


def test_a_file_that_is_no_history_is_refused(system: System, network: str, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear friend\n")
    with pytest.raises(Stop, match="does not begin with the line"):
        import_messages(system.settings, letter, network, None, consent=True)


def test_the_same_source_with_other_content_is_refused_by_row(
    system: System, network: str, tmp_path: Path
) -> None:
    _run(system, network, _write(tmp_path / "h.txt", GOOD))
    changed = [*GOOD[:10], "1 4 1082049999", *GOOD[11:]]
    with pytest.raises(Refused) as refused:
        _run(system, network, _write(tmp_path / "h.txt", changed))
    assert (refused.value.reason, refused.value.metadata["row"]) == ("MESSAGE_ID_REUSED", "11")
