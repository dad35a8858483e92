"""Links to things of Kith in what people write: `kith:posts/` and the id of a post,
`kith:resources/` and that of a resource of the library.

They are words like all others: written, sealed, edited and erased with them. An app shows what is
there in place of the address, and asks for it with the reader's token (`GET /v1/previews`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from gateway.entrypoints.http.fields import Output

MOST_LINKS = 5
SCHEME = "kith:"
LinkKind = Literal["post", "resource"]
_KINDS: Mapping[str, LinkKind] = {"posts": "post", "resources": "resource"}
_HEX = "[0-9a-f]"
_LINK = re.compile(
    rf"(?<![A-Za-z0-9+.:/-]){SCHEME}({'|'.join(_KINDS)})/"
    rf"({_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}})(?![\w/-])"
)


class Link(Output):
    """What a text points to."""

    kind: LinkKind
    id: str


def links_in(text: str) -> list[Link]:
    """The first MOST_LINKS things a text points to, each once."""
    if SCHEME not in text:
        return []
    found = dict.fromkeys((_KINDS[match[1]], match[2]) for match in _LINK.finditer(text))
    return [Link(kind=kind, id=id) for kind, id in list(found)[:MOST_LINKS]]
