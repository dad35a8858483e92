"""Reading a history: lines `src dst time`, plain or gzipped, with a header line.

There is no text in such a file, so a neutral one of realistic length is made up; the same row
gives the same text, and so does every later import.
"""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO, cast

from kith_cli.errors import Stop

HEADER = [b"src", b"dst", b"time"]
MOST_DIGITS = 19
EARLIEST, LATEST = 631_152_000, 4_102_444_800  # 1990 and 2100
MEAN_WORDS = 14
_WORDS = (files(__package__) / "words.txt").read_text().split()


@dataclass(frozen=True, slots=True)
class Row:
    """One message; `number` counts from 1 and does not count the header."""

    number: int
    sender: str
    recipient: str
    at: int


class BadRow(Exception):
    """A row cannot be read; those before it can."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"row {number}: {why}")
        self.number = number


def read(path: Path) -> Iterator[Row]:
    """The rows of a file. Raises Stop if it is not such a file, BadRow at the first bad row."""
    number = 0
    try:
        with _open(path) as lines:
            if next(lines, b"").split() != HEADER:
                raise Stop(f"{path} does not begin with the line `{b' '.join(HEADER).decode()}`.")
            for line in lines:
                number += 1
                yield _row(number, line)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadRow(number + 1, f"the file is cut off or damaged here ({error})") from None
    except OSError as error:
        raise Stop(f"{path} cannot be read: {error.strerror or error}.") from None


def text_of(row: Row) -> str:
    """A made-up text for a row: common words, of the length people write in private messages."""
    chance = random.Random(f"{row.number}:{row.sender}:{row.recipient}:{row.at}")  # noqa: S311  # no secret
    count = min(200, max(1, round(chance.expovariate(1 / MEAN_WORDS))))
    words = " ".join(chance.choice(_WORDS) for _ in range(count))
    return words[0].upper() + words[1:] + "."


def _open(path: Path) -> BinaryIO:
    # Bytes, and each line decoded on its own: text is decoded many lines at a time, so that one
    # bad byte would spoil the good lines before it.
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _row(number: int, content: bytes) -> Row:
    line = content.decode("ascii", "replace")
    fields = line.split()
    if len(fields) != len(HEADER) or not all(map(_is_number, fields)):
        raise BadRow(number, f"three whole numbers are needed, not {line.strip()[:60]!r}")
    sender, recipient, at = fields
    if sender == recipient:
        raise BadRow(number, f"{sender} writes to herself")
    if not EARLIEST < int(at) < LATEST:
        raise BadRow(number, f"{at} is not a time in seconds between 1990 and 2100")
    if not line.endswith("\n"):
        raise BadRow(number, "the line is cut off")
    return Row(number, sender, recipient, int(at))


def _is_number(field: str) -> bool:
    return field.isascii() and field.isdecimal() and len(field) <= MOST_DIGITS
