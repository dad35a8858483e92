"""What people type to register and sign in, checked and brought into one form."""

from __future__ import annotations

import re
import unicodedata

from common.errors import Invalid

HANDLE_LENGTH = range(2, 31)
MAX_EMAIL = 254
MIN_PASSWORD, MAX_PASSWORD = 12, 256
_HANDLE = re.compile(r"[\w.-]+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def handle(text: str) -> str:
    """A pseudonym as it is shown. Raises Invalid."""
    shown = unicodedata.normalize("NFKC", text)
    if len(shown) not in HANDLE_LENGTH or not _HANDLE.fullmatch(shown):
        raise Invalid(
            "a handle has 2 to 30 letters, digits, dots, underscores or hyphens", field="handle"
        )
    return shown


def handle_key(shown: str) -> str:
    """What two handles share when people would take one for the other by case."""
    return _folded(shown)


def email(text: str) -> str:
    """An address in the one form it is stored and looked up in. Raises Invalid."""
    address = _folded(text.strip())
    if len(address) > MAX_EMAIL or not address.isprintable() or not _EMAIL.fullmatch(address):
        raise Invalid("not an e-mail address", field="email")
    return address


def new_email(text: str) -> str:
    """An address somebody is to be sent mail at. Raises Invalid.

    What has another form than case tells may be somebody else's: mail for groß@ goes to gross@,
    and a link to choose a password with it.
    """
    address = email(text)
    if address != unicodedata.normalize("NFC", text.strip().lower()):
        raise Invalid("write this address in plain letters, as mail servers know it", field="email")
    return address


def new_password(text: str) -> str:
    """A password somebody chooses. Raises Invalid when it is too short or too long."""
    chosen = password(text)
    if len(chosen) < MIN_PASSWORD:
        raise Invalid(f"a password has at least {MIN_PASSWORD} characters", field="password")
    return chosen


def password(text: str) -> str:
    """A password somebody signs in with (RFC 8265: NFC, case kept). Raises Invalid."""
    if not 1 <= len(text) <= MAX_PASSWORD:
        raise Invalid(f"a password has 1 to {MAX_PASSWORD} characters", field="password")
    return unicodedata.normalize("NFC", text)


def _folded(text: str) -> str:
    """One form for all that differ by case, width or composition alone (Unicode 3.13, D146)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
