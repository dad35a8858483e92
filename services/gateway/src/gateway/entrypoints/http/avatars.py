"""The pictures that members choose from: drawn here by number, the same for ever.

Eight pairs of colours and flowers of three to eight petals make 48, of which no two are alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Annotated

from common.errors import NotFound
from litestar import Response, get
from litestar.params import PathParameter

AVATARS = 48
MEDIA_TYPE = "image/svg+xml"
YEAR = "public, max-age=31536000, immutable"
POLICY = "default-src 'none'; frame-ancestors 'none'"
_COLOURS = (
    ("#264653", "#e9c46a"), ("#1d3557", "#f1faee"), ("#6d597a", "#eaac8b"), ("#2d6a4f", "#d8f3dc"),
    ("#7f4f24", "#fefae0"), ("#9d4edd", "#ffe5ec"), ("#bc4749", "#f2e8cf"), ("#005f73", "#94d2bd"),
)  # fmt: skip
_FEWEST = 3


@get("/avatars/{number:str}", include_in_schema=False)
async def get_avatar(number: Annotated[str, PathParameter()]) -> Response[bytes]:
    headers = {
        "cache-control": YEAR, "content-security-policy": POLICY,
        "cross-origin-resource-policy": "cross-origin",
    }  # fmt: skip
    return Response(_picture(number), media_type=MEDIA_TYPE, headers=headers)


def svg(number: int) -> str:
    """A picture of 0 to AVATARS - 1."""
    ground, petals = _COLOURS[number % len(_COLOURS)]
    drawn = "".join(_petals(_FEWEST + number // len(_COLOURS), petals))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" width="100" height="100">'
        f'<circle cx="50" cy="50" r="50" fill="{ground}"/>{drawn}'
        f'<circle cx="50" cy="50" r="12" fill="{ground}" stroke="{petals}" stroke-width="4"/></svg>'
    )


def _petals(count: int, colour: str) -> Iterator[str]:
    for index in range(count):
        turn = f"{360 * index / count:.2f}"
        yield (
            f'<ellipse cx="50" cy="29" rx="{36 / count + 4:.2f}" ry="17" fill="{colour}"'
            f' fill-opacity="0.85" transform="rotate({turn} 50 50)"/>'
        )


@cache
def _pictures() -> dict[str, bytes]:
    return {str(number): svg(number).encode() for number in range(AVATARS)}


def _picture(number: str) -> bytes:
    try:
        return _pictures()[number]
    except KeyError:
        raise NotFound(f"there are avatars 0 to {AVATARS - 1}") from None
