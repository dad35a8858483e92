"""A member's export as one zip that is written while it is read, so that its size costs no memory.

For machines a JSON file of each kind; for people a page of each kind and `index.html`, which says
what there is. Pages hold no script, load nothing, and everything that came from people is escaped.
"""

from __future__ import annotations

import io
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from gateway.application.archive_pages import Listed, index_page, page_end, page_start, rows

_NAME = re.compile(r"[a-z][a-z0-9-]{0,59}")


@dataclass(frozen=True, slots=True)
class Page:
    """Some records of one kind, each a JSON object; all pages of a kind follow one another."""

    service: str
    kind: str
    title: str
    about: str
    records: Sequence[str]


class Archive:
    """Takes pages and gives the bytes of a zip; nothing is kept but the kind being written."""

    def __init__(self, made_at: datetime) -> None:
        self._made_at = made_at
        self._sink = _Sink()
        self._zip = ZipFile(self._sink, "w", ZIP_DEFLATED)
        self._listed: list[Listed] = []
        self._current: _Current | None = None
        self._lock = Lock()  # a thread may still compress for who has just hung up
        self._dropped = False

    def add(self, page: Page) -> bytes:
        """The next bytes. Raises ValueError for a name that cannot be a file's."""
        with self._lock:
            if self._dropped:
                return b""
            current = self._current
            if current is None or not current.goes_on_with(page):
                self._finish_kind()
                current = self._current = self._begin(page)
            current.write(page.records)
            return self._sink.take()

    def close(self) -> bytes:
        """The last bytes, among them the index."""
        with self._lock:
            if self._dropped:
                return b""
            self._finish_kind()
            with self._open("index.html") as file:
                file.write(index_page(self._listed, self._made_at).encode())
            self._zip.close()
            return self._sink.take()

    def drop(self) -> None:
        """Let go of it, finished or not; nothing comes out any more."""
        with self._lock:
            self._dropped = True
            if self._current is not None:
                self._current.drop()
                self._current = None
            self._zip.close()
            self._sink.take()

    def _begin(self, page: Page) -> _Current:
        for name in (page.service, page.kind):
            if not _NAME.fullmatch(name):
                raise ValueError("this cannot be the name of a file")
        return _Current(page, self._open(f"{page.service}/{page.kind}.json"))

    def _finish_kind(self) -> None:
        current, self._current = self._current, None
        if current is None:
            return
        pieces = current.finish()
        page = current.page
        with self._open(f"{page.service}/{page.kind}.html") as file:
            for piece in pieces:
                file.write(piece)
        self._listed.append(Listed(page.service, page.kind, page.title, page.about, current.count))

    def _open(self, name: str) -> IO[bytes]:
        info = ZipInfo(name, self._made_at.timetuple()[:6])
        info.compress_type, info.external_attr = ZIP_DEFLATED, 0o600 << 16
        return self._zip.open(info, "w")


class _Current:
    """The kind being written: its JSON goes out, its page for people waits, compressed, because a
    zip can have only one file open."""

    def __init__(self, page: Page, file: IO[bytes]) -> None:
        self.page = page
        self.count = 0
        self._file = file
        self._compress = zlib.compressobj()
        self._held = [self._compress.compress(page_start(page.title, page.about).encode())]
        file.write(b"[")

    def goes_on_with(self, page: Page) -> bool:
        """Whether the page is of this kind."""
        return (page.service, page.kind) == (self.page.service, self.page.kind)

    def write(self, records: Sequence[str]) -> None:
        """More of this kind."""
        parsed: list[dict[str, Any]] = []
        for text in records:
            record = json.loads(text)
            self._file.write(b",\n" if self.count else b"\n")
            self._file.write(json.dumps(record, ensure_ascii=False).encode())
            self.count += 1
            parsed.append(record)
        self._held.append(self._compress.compress(rows(parsed).encode()))

    def drop(self) -> None:
        """Nobody reads it any more."""
        self._file.close()

    def finish(self) -> Iterator[bytes]:
        """End the JSON; the page for people, piece by piece."""
        self._file.write(b"\n]\n")
        self._file.close()
        self._held.append(self._compress.compress(page_end(self.count).encode()))
        self._held.append(self._compress.flush())
        expand = zlib.decompressobj()
        return (expand.decompress(piece) for piece in self._held)


class _Sink(io.RawIOBase):
    """What a zip is written to; it cannot go back, so the zip says sizes behind each file."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting += data
        return len(data)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken
