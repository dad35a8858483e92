"""What counts as an address of the web that members can be sent to."""

from __future__ import annotations

import re
from typing import Final

from common.errors import Invalid

MAX_URL: Final = 2_000
_MAX_HOST: Final = 253
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# The last label begins with a letter, so it is a name and no number (RFC 3696 §2).
_TOP = r"[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
_REST = r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*"  # RFC 3986 §2
_URL = re.compile(rf"https://(?P<host>(?:{_LABEL}\.)+{_TOP})(?:[/?#]{_REST})?")


def check_url(text: str, field: str) -> None:
    """Raise Invalid unless it is https, at a host with a name, without user, password or port.

    Nothing is fetched from it here; what does not look like what it is, is not passed on either.
    """
    if len(text) > MAX_URL:
        raise Invalid(f"{field} must have at most {MAX_URL} characters", field=field)
    found = _URL.fullmatch(text)
    if found is None or len(found["host"]) > _MAX_HOST:
        raise Invalid(
            f"{field} must be like https://example.org/page: https, the name of a host, no user,"
            " no password, no port, and other characters percent-encoded",
            field=field,
        )
