"""What counts as text: how long it may be and what it may hold."""

from __future__ import annotations

from common.errors import Invalid

MAX_TEXT = 10_000
MAX_REQUEST_ID = 64


def check_text(text: str, field: str, *, most: int = MAX_TEXT) -> None:
    """Raise Invalid unless the text says something, and not too much."""
    if not text.strip():
        raise Invalid(f"{field} must have 1 to {most} characters and not be blank", field=field)
    check_optional_text(text, field, most=most)


def check_optional_text(text: str, field: str, *, most: int) -> None:
    """Raise Invalid if the text, which may be empty, is too long or no text at all."""
    if len(text) > most:
        raise Invalid(f"{field} must have at most {most} characters", field=field)
    if "\x00" in text:
        raise Invalid(f"{field} must not contain the character U+0000", field=field)


def check_request_id(request_id: str) -> None:
    """Raise Invalid unless a request can be told from others by it."""
    check_text(request_id, "request_id", most=MAX_REQUEST_ID)
