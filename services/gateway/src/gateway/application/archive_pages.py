"""The pages of an archive, for a person who is tired: plain words, one thing below the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import groupby
from typing import Any

# No page loads or runs anything, whatever was written into it.
_HEAD = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>
body {{ font: 1.05rem/1.6 sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }}
section {{ border-top: 1px solid #999; padding: .6rem 0; }}
dl {{ display: grid; grid-template-columns: 11rem 1fr; gap: .1rem 1rem; margin: 0; }}
dt {{ color: #555; }} dd {{ margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }}
</style>
</head>
<body>
"""
_FOOT = "</body>\n</html>\n"
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(\.\d+)?Z")
_SERVICES = {
    "identity": "You and your account", "community": "Circles", "messaging": "Private talk",
    "programs": "Programs", "outcomes": "Questionnaires", "signals": "What was worked out",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed:
    """A kind as the index lists it."""

    service: str
    kind: str
    title: str
    about: str
    count: int


def index_page(listed: Sequence[Listed], made_at: datetime) -> str:
    """The page to open first."""
    parts = [
        _HEAD.format(title="What Kith holds about you"),
        "<h1>What Kith holds about you</h1>\n",
        f"<p>As of {made_at:%Y-%m-%d}. Take your time: you need not read it all, and it does not"
        " run away. Open what you want to see. The .json files hold the same for programs.</p>\n",
        "<p>This is private. Keep it where only you can get at it, and delete it when you are"
        " done with it.</p>\n",
    ]
    for service, kinds in groupby(listed, lambda one: one.service):
        parts.append(f"<h2>{escape(_SERVICES.get(service, service))}</h2>\n")
        parts += [_entry(one) for one in kinds]
    return "".join(parts) + _FOOT


def _entry(one: Listed) -> str:
    path = f"{escape(one.service)}/{escape(one.kind)}"
    links = f'<a href="{path}.html">Read</a> · <a href="{path}.json">for programs</a>'
    there = f"{one.count} · {links}" if one.count else "Nothing."
    return (
        f"<section><h3>{escape(one.title)}</h3>\n<p>{escape(one.about)}</p>\n"
        f"<p>{there}</p></section>\n"
    )


def page_start(title: str, about: str) -> str:
    """The page of one kind, up to its first record."""
    return (
        _HEAD.format(title=escape(title))
        + '<p><a href="../index.html">Back to the overview</a></p>\n'
        + f"<h1>{escape(title)}</h1>\n<p>{escape(about)}</p>\n"
    )


def rows(records: Iterable[Mapping[str, Any]]) -> str:
    """Records, one below the other."""
    return "".join(f"<section>{_fields(record)}</section>\n" for record in records)


def page_end(count: int) -> str:
    """What follows the last record."""
    return ("" if count else "<p>Nothing.</p>\n") + _FOOT


def _fields(record: Mapping[str, Any]) -> str:
    shown = (
        f"<dt>{escape(_words(name))}</dt><dd>{_value(value)}</dd>"
        for name, value in record.items()
    )  # fmt: skip
    return f"<dl>{''.join(shown)}</dl>"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return _fields(value)
    if isinstance(value, list):
        joint = "" if any(isinstance(one, Mapping) for one in value) else ", "
        return joint.join(map(_value, value)) or "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value == "":
        return "–"
    text = str(value)
    if found := _TIME.fullmatch(text):
        return f"{found[1]} {found[2]} UTC"
    return escape(text)


def _words(name: str) -> str:
    return _HUMP.sub(" ", name).lower()
