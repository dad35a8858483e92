"""Reading a history: the first bad row is named, and every good one before it is kept."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from kith_cli.errors import Stop
from kith_cli.importing.source import BadRow, Row, read

HEADER = b"src dst time\n"


def good(count: int) -> list[bytes]:
    return [b"%d %d %d\n" % (n, n + 1, 1_082_008_561 + n) for n in range(1, count + 1)]


def rows_of(path: Path) -> tuple[list[Row], BadRow | None]:
    """The good rows, and what is wrong with the next."""
    rows: list[Row] = []
    try:
        for row in read(path):
            rows.append(row)  # noqa: PERF402  # those before an error are wanted
    except BadRow as bad:
        return rows, bad
    return rows, None


@pytest.mark.parametrize("place", [1, 2, 450, 900, 1000])
@pytest.mark.parametrize(
    "bad",
    [b"1 2 \xff\n", b"1 2\n", b"1 two 1082008561\n", b"7 7 1082008561\n", b"1 2 5\n",
     b"9" * 5_000_000 + b" 2 1082008561\n", "\u0661 2 1082008561\n".encode()],
    ids=["no text", "too short", "no number", "to herself", "long ago", "absurd", "other digits"],
)  # fmt: skip
def test_a_bad_row_is_named_and_all_before_it_are_kept(
    tmp_path: Path, place: int, bad: bytes
) -> None:
    lines = good(1000)
    lines[place - 1] = bad
    path = tmp_path / "history.txt"
    path.write_bytes(HEADER + b"".join(lines))
    rows, found = rows_of(path)
    assert found is not None
    assert (found.number, len(rows)) == (place, place - 1)
    assert str(found).startswith(f"row {place}: ")
    assert len(str(found)) < 200


def test_the_last_line_must_be_whole(tmp_path: Path) -> None:
    path = tmp_path / "history.txt"
    path.write_bytes(HEADER + b"".join(good(3))[:-1])
    rows, found = rows_of(path)
    assert found is not None
    assert (len(rows), found.number) == (2, 3)


def test_a_damaged_archive_gives_what_it_can(tmp_path: Path) -> None:
    content = gzip.compress(HEADER + b"".join(good(50_000)))
    path = tmp_path / "history.txt.gz"
    path.write_bytes(content[: len(content) // 2])
    rows, found = rows_of(path)
    assert found is not None
    assert found.number == len(rows) + 1
    assert len(rows) > 1_000
    path.write_bytes(content)
    assert len(rows_of(path)[0]) == 50_000


@pytest.mark.parametrize("content", [b"", b"from to when\n1 2 3\n", b"\xff\xfe\n"])
def test_another_kind_of_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "history.txt"
    path.write_bytes(content)
    with pytest.raises(Stop, match="does not begin with the line `src dst time`"):
        next(read(path))
