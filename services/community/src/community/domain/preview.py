"""What a post is about, in few words: for where a link to it stands."""

from __future__ import annotations

from dataclasses import dataclass

from community.domain.circle import Circle
from community.domain.post import Post
from community.domain.resource import Resource

MOST_EXCERPT = 160


@dataclass(frozen=True, slots=True)
class PostPreview:
    """A post, the circle it is in, and how it begins."""

    post: Post
    circle: Circle
    excerpt: str


@dataclass(frozen=True, slots=True)
class ResourcePreview:
    """A resource, and how its summary begins."""

    resource: Resource
    excerpt: str


def excerpt(text: str) -> str:
    """How a text begins: on one line, at most MOST_EXCERPT characters with the ellipsis that stands
    where it goes on, and no half of a word unless the first is longer than that."""
    line = " ".join(text.split())
    if len(line) <= MOST_EXCERPT:
        return line
    cut = line[: MOST_EXCERPT - 1]
    whole = cut if line[MOST_EXCERPT - 1] == " " else cut.rpartition(" ")[0]
    return f"{(whole or cut).rstrip()}…"
