"""What a name or a title may be: one line that shows."""

from __future__ import annotations

from unicodedata import category

from common.errors import Invalid

MAX_NAME = 80
_BREAKS = {"Cc", "Zl", "Zp"}  # control characters, and what breaks a line or a paragraph


def check_line(text: str, field: str, most: int = MAX_NAME) -> None:
    """Raise Invalid naming `field` unless `text` is a line of 1 to `most` characters."""
    fits = text == text.strip() and 1 <= len(text) <= most
    if not fits or any(category(character) in _BREAKS for character in text):
        raise Invalid(
            f"{field} must be one line of 1 to {most} characters without blanks around it",
            field=field,
        )
