"""The texts of consents, shipped as files: one for each version, which never changes again.

A file is named `<purpose>.<version>.<locale>.json`. To publish a version, add a file whose
`effective_from` lies far enough ahead that every instance runs with it by then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from identity.domain.text import Purpose, Summary, Text, Texts

SHIPPED = files("identity.adapters") / "texts"
MAX_TITLE, MAX_BODY = 120, 20_000
_FIELDS = {"purpose", "version", "locale", "title", "body", "required", "effective_from", "receipt"}


def shipped() -> Texts:
    """The texts that come with this release. Raises ValueError."""
    return read(SHIPPED)


def read(folder: Traversable | Path) -> Texts:
    """The texts of a folder. Raises ValueError naming the file that is wrong."""
    found = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".json")),
        key=lambda file: file.name,
    )
    return Texts([_read(file) for file in found])


def _read(file: Traversable | Path) -> Text:
    try:
        text = _text(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{file.name}: {type(error).__name__}: {error}") from None
    if file.name != f"{text.purpose}.{text.version}.{text.locale}.json":
        raise ValueError(f"{file.name} must be named after its purpose, version and locale")
    return text


def _text(content: Mapping[str, Any]) -> Text:
    if unknown := content.keys() ^ _FIELDS:
        raise ValueError(f"must have exactly {sorted(_FIELDS)}, see {sorted(unknown)}")
    title, body, required = content["title"], content["body"], content["required"]
    if not 0 < len(title) <= MAX_TITLE or not 0 < len(body) <= MAX_BODY:
        raise ValueError(f"title has 1 to {MAX_TITLE} characters, body 1 to {MAX_BODY}")
    version = content["version"]
    if type(version) is not int or type(required) is not bool:
        raise ValueError("version must be a whole number, required true or false")
    effective = datetime.strptime(content["effective_from"], "%Y-%m-%dT%H:%M:%SZ")
    return Text(
        Purpose(content["purpose"]), version, str(content["locale"]), title, body, required,
        effective.replace(tzinfo=UTC), _summary(content["receipt"]),
    )  # fmt: skip


def _summary(content: Mapping[str, Any]) -> Summary:
    third = content["third_party"]
    return Summary(
        str(content["purpose_category"]), tuple(map(str, content["pii_categories"])),
        bool(content["primary_purpose"]), str(content["termination"]),
        None if third is None else str(third),
    )  # fmt: skip
