"""The zip of an export: whole, readable by programs and people, and unable to do harm."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from zipfile import BadZipFile, ZipFile

import pytest
from gateway.application.archive import Archive, Page
from hypothesis import given
from hypothesis import strategies as st

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HARMLESS = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "a", "section", "dl",
    "dt", "dd",
}  # fmt: skip


class Tags(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def a_page(
    *records: dict[str, Any], kind: str = "messages", service: str = "messaging",
    title: str = "Your messages",
) -> Page:  # fmt: skip
    return Page(service, kind, title, "What was written.", [json.dumps(one) for one in records])


def zipped(*pages: Page) -> ZipFile:
    archive = Archive(AT)
    content = b"".join([archive.add(page) for page in pages]) + archive.close()
    made = ZipFile(io.BytesIO(content))
    assert made.testzip() is None
    return made


def seen(made: ZipFile, name: str) -> Tags:
    parser = Tags()
    parser.feed(made.read(name).decode())
    return parser


def test_all_pages_of_a_kind_are_one_file_for_programs_and_one_for_people() -> None:
    made = zipped(
        a_page({"text": "One"}, {"text": "Two"}), a_page({"text": "Three"}),
        a_page(kind="conversations", title="Your conversations"),
    )  # fmt: skip
    assert made.namelist() == [
        "messaging/messages.json", "messaging/messages.html", "messaging/conversations.json",
        "messaging/conversations.html", "index.html",
    ]  # fmt: skip
    told = json.loads(made.read("messaging/messages.json"))
    assert told == [{"text": "One"}, {"text": "Two"}, {"text": "Three"}]
    assert json.loads(made.read("messaging/conversations.json")) == []
    assert "Nothing." in seen(made, "messaging/conversations.html").text
    index = seen(made, "index.html")
    assert "Private talk" in index.text
    assert "3 · " in index.text
    links = [value for name, value in index.attributes if name == "href"]
    assert links == ["messaging/messages.html", "messaging/messages.json"]


def test_what_people_wrote_is_shown_and_never_run() -> None:
    nasty = "<script>alert(1)</script><img src=x onerror=alert(1)>\" ' &lt;"
    made = zipped(
        a_page({"text": nasty, nasty: [nasty, {"x": nasty}]}, title=f"T {nasty}", kind="posts")
    )
    for name in ("messaging/posts.html", "index.html"):
        page = seen(made, name)
        assert page.tags <= HARMLESS, name
        assert not {one for one, _ in page.attributes if one.startswith("on") or one == "src"}
        assert nasty in page.text, name
        assert "default-src 'none'" in made.read(name).decode()
    assert json.loads(made.read("messaging/posts.json"))[0]["text"] == nasty


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(), _JSON, max_size=4), max_size=4))
def test_any_record_arrives_as_it_was_and_makes_a_harmless_page(
    records: list[dict[str, Any]],
) -> None:
    made = zipped(a_page(*records))
    assert json.loads(made.read("messaging/messages.json")) == records
    assert seen(made, "messaging/messages.html").tags <= HARMLESS


@pytest.mark.parametrize("name", ["", "..", "a/b", "../../etc", "A", "x" * 61, "a.b"])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    for page in (a_page(kind=name), a_page(service=name)):
        with pytest.raises(ValueError, match="name of a file"):
            Archive(AT).add(page)


def test_one_that_is_dropped_half_way_leaves_nothing_open_and_is_no_zip() -> None:
    archive = Archive(AT)
    content = archive.add(a_page({"text": "x" * 100_000}))
    archive.drop()
    archive.drop()
    assert archive.add(a_page({"text": "late"})) == archive.close() == b""
    with pytest.raises(BadZipFile):
        ZipFile(io.BytesIO(content))


def test_little_is_kept_however_much_there_is() -> None:
    archive, page = Archive(AT), a_page(*[{"text": "x" * 1000}] * 50)
    given_out = sum(len(archive.add(page)) for _ in range(40))
    assert given_out > 0, "nothing comes out before the end"
    rest = archive.close()
    archive.drop()
    assert len(rest) < 40 * 50 * 1000 / 10
