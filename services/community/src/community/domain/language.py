"""What counts as a language."""

from __future__ import annotations

import re

from common.errors import Invalid

# Well-formed tags of language, script, region and variants (RFC 5646 §2.1); the registry of what
# they mean is not asked, since it changes.
_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<variants>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3})){0,2})",
    re.IGNORECASE | re.ASCII,
)


def language_tag(text: str, field: str) -> str:
    """A tag in the form RFC 5646 §2.1.1 recommends (`zh-Hant`). Raises Invalid."""
    found = _TAG.fullmatch(text)
    if found is None:
        raise Invalid(f"{field} must be a tag like en, pt-BR or zh-Hant (BCP 47)", field=field)
    parts = [
        found["language"].lower(), (found["script"] or "").title(), (found["region"] or "").upper(),
        found["variants"].lstrip("-").lower(),
    ]  # fmt: skip
    return "-".join(filter(None, parts))
