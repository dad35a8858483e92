"""What it means that a message is found: it holds every term, whatever the case and the accents."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from common.errors import Invalid

MAX_QUERY = 100


class _WithoutMarks(dict[int, int | None]):
    """For str.translate: nothing for a nonspacing mark, and itself for any other character; found
    out once for each, since asking costs more than all the rest."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.category(chr(code)) == "Mn" else code
        return self[code]


_WITHOUT_MARKS = _WithoutMarks()


@dataclass(frozen=True, slots=True)
class Query:
    """Terms that have to be in a text, anywhere in it, in any order."""

    terms: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Query:
        """From what somebody typed. Raises Invalid."""
        if not text.strip() or len(text) > MAX_QUERY or "\x00" in text:
            raise Invalid(f"query must have 1 to {MAX_QUERY} characters", field="query")
        return cls(tuple(dict.fromkeys(folded(text).split())))

    def finds(self, text: str) -> bool:
        """Whether all terms are in a text; marks alone, which are no term, find nothing."""
        whole = folded(text)
        return bool(self.terms) and all(term in whole for term in self.terms)


def folded(text: str) -> str:
    """A text without case and accents (Unicode: default caseless matching over NFKD, D146, with
    nonspacing marks taken out); stays as it is when folded again."""
    if text.isascii():
        return text.lower()
    flat = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return flat.translate(_WITHOUT_MARKS)
