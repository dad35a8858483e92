"""Which addresses of the web a member can be sent to."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from common.errors import Invalid
from community.domain.web_address import MAX_URL, check_url
from hypothesis import example, given
from hypothesis import strategies as st

LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
TOPS = st.sampled_from(["org", "de", "xn--p1ai", "health"])
PATHS = st.from_regex(
    r"([/?#]([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-F]{2}){0,40})?", fullmatch=True
)


def good(url: str) -> bool:
    try:
        check_url(url, "url")
    except Invalid:
        return False
    return True


@given(st.lists(LABELS, min_size=1, max_size=4), TOPS, PATHS)
def test_https_at_a_host_with_a_name_is_one(labels: list[str], top: str, rest: str) -> None:
    host = ".".join([*labels, top])
    assert good(f"https://{host}{rest}")
    assert good(f"https://{host.upper()}{rest}")
    assert not good(f"http://{host}{rest}")
    assert not good(f"https://ada@{host}{rest}")
    assert not good(f"https://ada:secret@{host}{rest}")
    assert not good(f"https://{host}:8443{rest}")
    assert not good(f" https://{host}{rest}")


@given(
    st.one_of(
        st.text(max_size=40),
        st.text(max_size=40).map(lambda rest: f"https://{rest}"),
        st.text(max_size=40).map(lambda rest: f"https://example.org/{rest}"),
        st.from_regex(r"https?://[a-z0-9.:@/\\\[\]%-]{1,30}", fullmatch=True),
    )
)
@example("https://example.org\\@elsewhere.org/")
@example("https://example.org@elsewhere.org/")
@example("https://elsewhere.org#@example.org/")
def test_whoever_reads_one_reads_the_same(text: str) -> None:
    """What is accepted has for the standard library, too, just a host and no credentials."""
    if not good(text):
        return
    parts = urlsplit(text)
    assert (parts.scheme, parts.username, parts.password, parts.port) == ("https",) + (None,) * 3
    host = re.split("[/?#]", text.removeprefix("https://"))[0]
    assert parts.netloc == host
    assert parts.hostname == host.lower()
    assert "." in host
    assert text.isascii()
    assert text.isprintable()
    assert " " not in text


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "//example.org",
        "https://",
        "https:///page",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://example.org./",
        "https://-example.org/",
        "https://exämple.org/",
        "https://example.org/ä",
        "https://example.org/a b",
        "https://example.org/%zz",
        "https://example.org/\n",
        'https://example.org/"',
        "https://example.org/<b>",
        "HTTPS://example.org/",
        "javascript:alert(1)",
        f"https://{'a.' * 127}org/",
        f"https://{'a' * 64}.org/",
    ],
)
def test_what_is_none(url: str) -> None:
    assert not good(url)


def test_a_refusal_names_the_field() -> None:
    with pytest.raises(Invalid) as refused:
        check_url("http://example.org/", "url")
    assert refused.value.metadata == {"field": "url"}


def test_it_may_be_so_long_and_no_longer() -> None:
    base = "https://example.org/"
    assert good(base + "a" * (MAX_URL - len(base)))
    assert not good(base + "a" * (MAX_URL - len(base) + 1))
